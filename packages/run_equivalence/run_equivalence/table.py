"""Samples from a printed table of means, standard deviations and numbers of runs."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from run_equivalence.spelling import CsvLine, SpelledNumber, SpellingError, number_of, read_lines
from run_equivalence.welch import SampleStatistics

MOST_ROWS = 10_000
"""Maximum number of rows of a table of means."""
COLUMNS = ("class", "variant", "mean", "std", "n")


class TableError(ValueError):
    """Errors in a table, one line each: file, line or column, problem."""

    def __init__(self, *findings: str) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


@dataclass(frozen=True)
class TableRow:
    """One row: a class of a variant."""

    line: int
    name: str
    variant: str
    mean: SpelledNumber | None
    std: SpelledNumber | None
    n: float

    @property
    def sample(self) -> SampleStatistics:
        """The row as a sample; NaN for missing numbers."""
        mean, std = (math.nan if one is None else one.value for one in (self.mean, self.std))
        return SampleStatistics(mean, std, int(self.n))


def read_table(
    path: Path, metric: str = "AP", overall: str = "all"
) -> dict[str, dict[str, SampleStatistics]]:
    """Read samples by variant, then by class, from a CSV file.

    Args:
        path: file with the columns class, variant, mean, std and n, in any order. Values are
            fractions of 1, or percentages with their sign (30.9 %). A standard deviation may be
            empty if unknown, and a mean if n is 0.
        metric: metric to use, if there is a column metric.
        overall: name of the mean over the classes; it comes last in the result.

    Raises:
        TableError: the file is missing, malformed, or has implausible or incomplete rows.
    """
    rows = _read(path, metric)
    findings = [f"{path}: line {row.line}: {finding}" for row in rows for finding in _findings(row)]
    if first := _first_of_percentages(rows):
        line, mean = first
        findings = [f"{path}: line {line}: {_no_fraction('mean', mean)}; so are all means"]
    findings += [
        f"{path}: {name} of {variant} is listed {count} times; keep one"
        for (name, variant), count in Counter((row.name, row.variant) for row in rows).items()
        if count > 1
    ]
    if findings:
        raise TableError(*findings)
    samples: dict[str, dict[str, SampleStatistics]] = {row.variant: {} for row in rows}
    for row in rows:
        samples[row.variant][row.name] = row.sample
    names = list(dict.fromkeys(row.name for row in rows))
    missing = (
        f"{path}: variant {variant} has no row of class {name!r}; add it, with n = 0 if undefined"
        for variant, of_variant in samples.items()
        for name in names
        if name not in of_variant
    )
    lacking = list(itertools.islice(missing, 100))
    if overall not in names:
        lacking.append(f"{path}: no row of class {overall!r}, the mean over the classes; add it")
    if lacking:
        raise TableError(*lacking)
    order = [*(name for name in names if name != overall), overall]
    return {variant: {name: of[name] for name in order} for variant, of in samples.items()}


def metrics_in(path: Path) -> frozenset[str]:
    """The metrics in a CSV file; empty without a column metric.

    Raises:
        TableError: the file is missing or malformed.
    """
    return frozenset(line.cells["metric"] for line in _lines(path) if "metric" in line.cells)


def _lines(path: Path) -> list[CsvLine]:
    try:
        return read_lines(path.read_bytes(), COLUMNS)
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    except SpellingError as error:
        raise TableError(f"{path}: {error}") from None


def _read(path: Path, metric: str) -> list[TableRow]:
    lines = _lines(path)
    chosen = [line for line in lines if line.cells.get("metric", metric) == metric]
    if not chosen:
        raise TableError(f"{path}: no row of {metric}")
    if len(chosen) > MOST_ROWS:
        raise TableError(f"{path}: {len(chosen)} rows of {metric}; at most {MOST_ROWS} are judged")
    return [_row(path, line) for line in chosen]


def _row(path: Path, line: CsvLine) -> TableRow:
    numbers: dict[str, SpelledNumber | None] = {}
    for name in ("mean", "std", "n"):
        try:
            numbers[name] = number_of(line.cells[name])
        except SpellingError as error:
            raise TableError(f"{path}: line {line.number}: {name} is {error}") from None
    n, text = numbers["n"], line.cells["n"]
    if n is None or n.is_percentage or "," in text:
        raise TableError(
            f"{path}: line {line.number}: n is {text!r}, expected a whole number of runs"
        )
    return TableRow(
        line=line.number,
        name=line.cells["class"],
        variant=line.cells["variant"],
        mean=numbers["mean"],
        std=numbers["std"],
        n=n.value,
    )


def _findings(row: TableRow) -> list[str]:
    """Errors in a row."""
    if not 0 <= row.n < 1e6 or row.n != int(row.n):
        return [f"n is {row.n:g}, expected a whole number of runs"]
    found = [
        f"{name} is {text!r}, expected a name of visible characters"
        for name, text in (("class", row.name), ("variant", row.variant))
        if not text.isprintable() or not text
    ]
    if row.n == 0:
        return found
    if row.mean is None:
        found.append(f"mean is empty, expected a number; it is known for n = {row.n:g} runs")
    elif not 0 <= row.mean.value <= 1:
        found.append(_no_fraction("mean", row.mean))
    if row.std is not None and row.n > 1:
        if row.mean is not None and row.mean.is_percentage != row.std.is_percentage:
            first, second = ("mean", "std") if row.mean.is_percentage else ("std", "mean")
            found.append(f"{first} is a percentage, {second} is not; use the same form for both")
        elif not 0 <= row.std.value <= 1:
            found.append(_no_fraction("std", row.std))
    return found


def _no_fraction(name: str, number: SpelledNumber) -> str:
    if number.is_percentage:
        return f"{name} is {100 * number.value:g} %, expected 0 to 100 %"
    value = number.value
    example = f" ({value / 100:.4g}, or {value:g} % with its sign)" if 1 < value <= 100 else ""
    return f"{name} is {value:g}, expected a fraction of 1{example}"


def _first_of_percentages(rows: Sequence[TableRow]) -> tuple[int, SpelledNumber] | None:
    """Line and first mean of a table whose means all look like percentages without their sign."""
    given = [(row.line, row.mean) for row in rows if row.mean is not None and row.n > 0]
    looks = all(not mean.is_percentage and 1 < mean.value <= 100 for _, mean in given)
    return given[0] if given and looks else None
