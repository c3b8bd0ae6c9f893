"""Samples from evaluations of runs, or from a table of means and standard deviations."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from run_equivalence.welch import SampleStatistics

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns

COLUMNS = ("class", "variant", "mean", "std", "n")
METRIC = "AP"
"""Judged metric: mask AP, and for `all` the mAP."""

Samples = Mapping[str, Mapping[str, SampleStatistics]]
"""Samples by variant, then by class and `all`."""


def samples_of_runs(runs: Sequence[EvaluatedRun], expected: ExpectedRuns) -> Samples:
    """APs of each class and variant over the runs in which they are defined."""
    return {
        variant: {
            name: SampleStatistics.of(
                [
                    value
                    for run in runs
                    if run.variant == variant and (value := _ap(run, name)) is not None
                ]
            )
            for name in (*expected.classes, ALL)
        }
        for variant in expected.variants
    }


def _ap(run: EvaluatedRun, name: str) -> float | None:
    scores = run.evaluation.coco.segm
    return scores.mean_ap if name == ALL else scores.per_class[name].AP


def samples_of_summary(path: Path) -> Samples:
    """Samples from a csv like `tables/table_2.csv`.

    Columns class (`all` for the mean over the classes), variant, mean, std, n, in any order; with
    a column metric, the rows of `AP` count. Fractions of 1; a mean or deviation may be empty.

    Raises:
        UserError: a line a finding: the file, the line or column, and what is wrong.
    """
    table = _read(path)
    findings = [
        f"{path}: line {line}: {finding}"
        for line, row in zip(table.index + 2, table.to_dict("records"), strict=True)
        for finding in _findings(row)
    ]
    for pair, lines in table.groupby(["class", "variant"]).groups.items():
        if len(lines) > 1:
            name, variant = pair
            findings.append(f"{path}: {name} of {variant} stands {len(lines)} times; keep one")
    if findings:
        raise UserError.of(findings)
    samples: dict[str, dict[str, SampleStatistics]] = {
        name: {} for name in table["variant"].unique()
    }
    for row in table.to_dict("records"):
        samples[row["variant"]][row["class"]] = SampleStatistics(
            row["mean"], row["std"], int(row["n"])
        )
    names = list(table["class"].unique())
    lacking = [
        f"{path}: variant {variant} has no row of class {name!r}; add it, with n = 0 if undefined"
        for variant, of_variant in samples.items()
        for name in names
        if name not in of_variant
    ]
    if ALL not in names:
        lacking.append(f"{path}: no row of class {ALL!r}, the mean over the classes; add it")
    if lacking:
        raise UserError.of(lacking)
    order = [*(name for name in names if name != ALL), ALL]
    return {variant: {name: of[name] for name in order} for variant, of in samples.items()}


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, skipinitialspace=True, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise UserError(f"{path}: not a csv table ({error})") from None
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise UserError(
            f"{path}: no column {', '.join(absent)}; "
            f"the first line has to name {', '.join(COLUMNS)}"
        )
    if "metric" in table.columns:
        table = table[table["metric"] == METRIC]
    if table.empty:
        raise UserError(f"{path}: no row of {METRIC}")
    for name in ("mean", "std", "n"):
        table[name] = _numbers(path, table[name])
    return table.astype({"class": str, "variant": str})


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        raise UserError(
            f"{path}: line {wrong.index[0] + 2}: {column.name} is {wrong.iloc[0]!r}, "
            "expected a number"
        )
    return numbers.astype(float)


def _findings(row: Mapping) -> list[str]:
    """Errors in a row of the summary."""
    mean, std, n = row["mean"], row["std"], row["n"]
    found = []
    if math.isnan(n) or n < 0 or n != int(n):
        return [f"n is {n:g}, expected a whole number of runs"]
    if n > 0 and not 0 <= mean <= 1:
        found.append(f"mean is {mean:g}, expected a fraction of 1 (0.309, not 30.9)")
    if n > 1 and not 0 <= std <= 1:
        found.append(f"std is {std:g}, expected a fraction of 1; it is known for n = {n:g} runs")
    return found
