"""Samples from a printed table of means, standard deviations and numbers of runs. Needs pandas."""

import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from run_equivalence.welch import SampleStatistics

MOST_ROWS = 10_000
"""Rows of a table; more are no table of means."""
COLUMNS = ("class", "variant", "mean", "std", "n")


class TableError(ValueError):
    """Errors in a table, a line each: the file, the line or column, and what is wrong."""

    def __init__(self, *findings: str) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def read_table(
    path: Path, metric: str = "AP", overall: str = "all"
) -> dict[str, dict[str, SampleStatistics]]:
    """Read samples by variant, then by class, from a CSV file.

    Args:
        path: file with the columns class, variant, mean, std and n, in any order. Values are
            fractions of 1; a mean or standard deviation may be empty.
        metric: judged metric, if there is a column metric.
        overall: class that stands for the mean over the classes; it comes last in the result.

    Raises:
        TableError: the file is missing, malformed, or has implausible or incomplete rows.
    """
    table = _read(path, metric)
    findings = [
        f"{path}: line {line}: {finding}"
        for line, row in zip(table.index + 2, table.to_dict("records"), strict=True)
        for finding in _findings(row)
    ]
    findings += [
        f"{path}: {name} of {variant} stands {count} times; keep one"
        for (name, variant), count in Counter(
            zip(table["class"], table["variant"], strict=True)
        ).items()
        if count > 1
    ]
    if findings:
        raise TableError(*findings)
    samples: dict[str, dict[str, SampleStatistics]] = {
        name: {} for name in table["variant"].unique()
    }
    for row in table.to_dict("records"):
        sample = SampleStatistics(row["mean"], row["std"], int(row["n"]))
        samples[row["variant"]][row["class"]] = sample
    names = list(table["class"].unique())
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


def _read(path: Path, metric: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, skipinitialspace=True, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise TableError(f"{path}: not a csv table ({error})") from None
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise TableError(
            f"{path}: no column {', '.join(absent)}; "
            f"the first line has to name {', '.join(COLUMNS)}"
        )
    if "metric" in table.columns:
        table = table[table["metric"] == metric]
    if table.empty:
        raise TableError(f"{path}: no row of {metric}")
    if len(table) > MOST_ROWS:
        raise TableError(f"{path}: {len(table)} rows of {metric}; at most {MOST_ROWS} are judged")
    for name in ("mean", "std", "n"):
        table[name] = _numbers(path, table[name])
    return table.fillna({"class": "", "variant": ""}).astype({"class": str, "variant": str})


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        raise TableError(
            f"{path}: line {wrong.index[0] + 2}: {column.name} is {wrong.iloc[0]!r}, "
            "expected a number"
        )
    return numbers.astype(float)


def _findings(row: Mapping[Any, Any]) -> list[str]:
    """Errors in a row."""
    mean, std, n = row["mean"], row["std"], row["n"]
    if not 0 <= n < 1e6 or n != int(n):
        return [f"n is {n:g}, expected a whole number of runs"]
    found = [
        f"{name} is {row[name]!r}, expected a name of visible characters"
        for name in ("class", "variant")
        if not row[name].isprintable() or not row[name].strip()
    ]
    if n > 0 and not 0 <= mean <= 1:
        found.append(f"mean is {mean:g}, expected a fraction of 1 (0.309, not 30.9)")
    if n > 1 and not 0 <= std <= 1:
        found.append(f"std is {std:g}, expected a fraction of 1; it is known for n = {n:g} runs")
    return found
