"""Writing records as Parquet, without pandas, which takes longer to import than to be of use.

PyArrow imports pandas, where it is installed, as soon as it converts a Python list. It does not
when it reads JSON.
"""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from workflow_scripts.common.files import atomic


def write_records(path: Path, records: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write records as a Parquet table, atomically.

    Args:
        path: of the file.
        records: what JSON can hold; numbers are finite.
        schema: of the table; a column that a record lacks is null.
    """
    lines = "\n".join(json.dumps(record, allow_nan=False) for record in records)
    table = schema.empty_table()
    if records:
        table = pa_json.read_json(
            io.BytesIO(lines.encode()),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pa_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        )
    with atomic(path) as temporary:
        pq.write_table(table, temporary)
