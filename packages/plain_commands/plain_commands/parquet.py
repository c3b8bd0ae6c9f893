"""Parquet files. pyarrow is imported only on use, since it loads slowly."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import UserError
from .files import atomic


def write_rows(path: Path, rows: Sequence[dict[str, Any]], schema: Any) -> None:
    """Write rows as Parquet, atomically.

    Args:
        path: the file.
        rows: values by column.
        schema: a `pyarrow.Schema`.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    with atomic(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary)


def read_rows(path: Path, schema: Any, what: str, advice: str) -> list[dict[str, Any]]:
    """The rows of a Parquet file, as values by column.

    Args:
        path: the file.
        schema: the required `pyarrow.Schema`.
        what: what it should be, and
        advice: what to do if it is not, for errors.

    Raises:
        UserError: it is missing, malformed, or has other columns.
    """
    table = _opened(path, what, advice).read()
    if table.schema != schema:
        raise UserError(
            f"{path}: made by another version, or not {what} (its columns: "
            f"{', '.join(table.column_names)}); {advice}"
        )
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def read_metadata(path: Path, what: str, advice: str) -> dict[str, str]:
    """The texts by key that stand beside the rows of a Parquet file, in its schema.

    Args:
        path: the file.
        what: what it should be, and
        advice: what to do if it is not, for errors.

    Raises:
        UserError: it is missing, or something else.
    """
    found = _opened(path, what, advice).schema_arrow.metadata or {}
    return {key.decode(): text.decode() for key, text in found.items()}


def _opened(path: Path, what: str, advice: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {advice}") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not {what} ({reason}); {advice}") from None
