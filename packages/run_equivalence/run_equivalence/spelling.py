"""Lines and numbers of CSV files written by people and spreadsheets.

Separators are commas, semicolons or tabs; numbers have a decimal point or comma, and may be
percentages.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16, which some spreadsheets call Unicode text."""


class SpellingError(ValueError):
    """An error in a file or cell, without its place, in one line."""


@dataclass(frozen=True)
class CsvLine:
    """One line below the header."""

    number: int
    """Line number in the file, from 1; the last one if a cell spans several lines."""
    cells: dict[str, str]
    """Text by column, stripped."""


@dataclass(frozen=True)
class SpelledNumber:
    """A number and its spelling."""

    value: float
    """Fraction of 1 if it is a percentage."""
    is_percentage: bool


def read_lines(raw: bytes, columns: Collection[str]) -> list[CsvLine]:
    """Lines of a CSV file, without empty ones.

    Args:
        raw: content of the file: UTF-8 with or without byte order mark, or UTF-16 with it.
        columns: names of the required columns, in lower case.

    Raises:
        SpellingError: it is not text or not a table, or a column or cell is missing.
    """
    text = _text(raw)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_separator(first, columns), skipinitialspace=True
    )
    try:
        rows = [
            (reader.line_num, [cell.strip() for cell in row])
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise SpellingError(f"not a csv table ({error})") from None
    if not rows:
        raise SpellingError("not a csv table: it is empty")
    (_, header), *below = rows
    names = [name.lower() for name in header]
    _check_header(names, columns)
    return [CsvLine(number, _cells(number, names, row)) for number, row in below]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-16" if raw.startswith(_WIDE_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        raise SpellingError("not a csv table in UTF-8; save it as CSV with this encoding") from None


def _separator(header: str, columns: Collection[str]) -> str:
    """The separator that gives a header most of the columns."""

    def found(separator: str) -> int:
        names = {name.strip().strip('"').lower() for name in header.split(separator)}
        return len(names.intersection(columns))

    return max(SEPARATORS, key=found)


def _check_header(names: list[str], columns: Collection[str]) -> None:
    absent = [name for name in columns if name not in names]
    if absent:
        raise SpellingError(
            f"no column {', '.join(absent)}; the first line has to name {', '.join(columns)}"
        )
    twice = [name for name, count in Counter(names).items() if count > 1 and name in columns]
    if twice:
        raise SpellingError(f"duplicate column {twice[0]}; keep one")


def _cells(number: int, names: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(names):
        advice = (
            "; if commas are decimal, separate the columns by semicolons"
            if len(row) > len(names)
            else ""
        )
        raise SpellingError(f"line {number}: {len(row)} cells for {len(names)} columns{advice}")
    return dict(zip(names, row, strict=True))


def number_of(text: str) -> SpelledNumber | None:
    """Number in a cell: `0.309`, `0,309`, `30.9 %`; None if it is empty.

    Raises:
        SpellingError: it is not a number; the message starts with the text.
    """
    if not text:
        return None
    is_percentage = text.endswith("%")
    digits = text.removesuffix("%").strip()
    if "," in digits and ("." in digits or digits.count(",") > 1):
        raise SpellingError(f"{text!r}, expected one decimal sign and no sign between thousands")
    if "±" in text or "+-" in text or "+/-" in text:
        raise SpellingError(f"{text!r}, expected a number; the deviation has its own column")
    if not any(character.isalnum() for character in digits):
        raise SpellingError(f"{text!r}, expected a number; leave it empty if none is given")
    try:
        value = float(digits.replace(",", ".")) if "_" not in digits else math.nan
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise SpellingError(f"{text!r}, expected a number")
    return SpelledNumber(value / 100 if is_percentage else value, is_percentage)
