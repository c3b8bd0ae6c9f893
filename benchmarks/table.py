"""Table of all benchmarks, as JSON with all numbers and as Markdown for readers."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json, write_text
from pydantic import TypeAdapter, ValidationError
from tabulate import tabulate

from benchmarks.comparison import Comparison, LeftOut, Reference

HEADER = """\
# Speed

Written by `make bench`, or by `python -m benchmarks --only NAME` for a single benchmark. The
numbers are CPU time (user and system) in milliseconds, in the fastest of interleaved rounds. The
peer did the same work on the same input in the same run; the limit is work that no program can
avoid. A ratio below 1 means faster than the peer; ± is half of the ratio's range over the rounds.
On a busy machine (a load above 1.5 per core), work that needs memory bandwidth takes longer, and
ratios are not compared with earlier ones.
"""


@dataclass(frozen=True)
class MeasuredRow:
    """Row, with the place and time of its measurement."""

    benchmark: str
    """Module of `benchmarks.speed`."""
    date: str
    commit: str
    machine: str
    load: float
    """Number of running processes per core before it started."""
    row: Comparison | LeftOut


_ROWS = TypeAdapter(list[MeasuredRow])


def read_rows(path: Path) -> list[MeasuredRow]:
    """Rows of a JSON file; none if there is no file.

    Raises:
        UserError: the file was not written by `write_rows`.
    """
    if not path.exists():
        return []
    try:
        return _ROWS.validate_python(read_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {where}: {first['msg']}; delete the file") from None


def replaced(old: Sequence[MeasuredRow], new: Sequence[MeasuredRow]) -> list[MeasuredRow]:
    """Old rows with those of the same benchmarks replaced, sorted by benchmark."""
    fresh = {one.benchmark for one in new}
    rows = [*(one for one in old if one.benchmark not in fresh), *new]
    return sorted(rows, key=lambda one: one.benchmark)


def write_rows(folder: Path, rows: Sequence[MeasuredRow]) -> None:
    """Write `speed.json` and `speed.md`."""
    write_json(folder / "speed.json", [asdict(one) for one in rows])
    write_text(folder / "speed.md", f"{HEADER}\n{markdown(rows)}\n")


def markdown(rows: Iterable[MeasuredRow]) -> str:
    """Table of the measurements, their place and time, and a list of what was left out."""
    given = list(rows)
    compared = [one for one in given if isinstance(one.row, Comparison)]
    lines = [_cells(one.row) for one in compared if isinstance(one.row, Comparison)]
    parts = [tabulate(lines, headers="keys", tablefmt="github", disable_numparse=True)]
    notes = [
        f"- {one.row.name}: {one.row.note}"
        for one in compared
        if isinstance(one.row, Comparison) and one.row.note
    ]
    places = sorted(
        {
            f"- {one.benchmark}: {one.commit}, {one.date}, {one.machine}, load {one.load} per core"
            for one in compared
        }
    )
    left = [f"- {one.row.name}: {one.row.reason}" for one in given if isinstance(one.row, LeftOut)]
    sections = {"Notes": notes, "Where and when": places, "Left out": left}
    parts += [f"## {title}\n\n" + "\n".join(text) for title, text in sections.items() if text]
    return "\n\n".join(parts)


def _cells(row: Comparison) -> dict[str, str]:
    return {
        "benchmark": row.name,
        "work": row.work,
        "ours, ms": f"{_ms(row.seconds)} per {row.unit}",
        "peer": row.peer.name if row.peer else "",
        "peer, ms": _ms(row.peer.seconds) if row.peer else "",
        "ours / peer": _ratio(row.ratio, row.noise) if row.peer else "",
        "limit": row.limit.name if row.limit else "",
        "limit, ms": _ms(row.limit.seconds) if row.limit else "",
        "ours / limit": _to_limit(row, row.limit),
    }


def _to_limit(row: Comparison, limit: Reference | None) -> str:
    if limit is None:
        return ""
    # The noise is that of the ratio to the peer, if there is one.
    return _ratio(row.seconds / limit.seconds, None if row.peer else row.noise)


def _ratio(ratio: float, noise: float | None) -> str:
    """Ratio with at least two decimal places."""
    digits = 2 if ratio >= 0.1 else 4
    return f"{ratio:.{digits}f}" + ("" if noise is None else f" ± {noise:.{digits}f}")


def _ms(seconds: float) -> str:
    """Milliseconds with three significant digits, or whole ones from a second."""
    return f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:,.0f}"
