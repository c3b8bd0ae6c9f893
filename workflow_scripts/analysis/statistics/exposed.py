"""APs of the objects whose pixels an anonymization changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from figures_and_tables import latex
from figures_and_tables.tables import TextTable
from plain_commands.errors import UserError
from run_equivalence.welch import Difference, SampleStatistics, is_testable

from workflow_scripts.analysis.numbers import cell, interval, signed
from workflow_scripts.contracts.evaluations import EXPOSURE, ExposedScores, GroupScores
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns, class_title
from workflow_scripts.contracts.tables import ExposedTables, records_of

COLUMNS = ["variant", "class", "group", "mean", "std", "n", "instances"]
COMPARED = ["difference", "low", "high", "welch_p"]


def exposed_table(
    runs: Sequence[EvaluatedRun], expected: ExpectedRuns, reference: str, level: float
) -> pd.DataFrame:
    """AP by variant, class and group, and its difference from the reference's.

    Args:
        runs: runs of one experiment.
        expected: variants and classes of the experiment.
        reference: variant that the others are compared with.
        level: level of one-sided tests; the interval has the confidence 1 - 2 * level.

    Returns:
        columns variant, class (the last is `all`), group, mean, std (n-1), n (runs in which the AP
        is defined), instances (of the test images), difference, low, high, welch_p. Fractions of 1;
        NaN where undefined, such as the difference of the reference from itself.

    Raises:
        UserError: a run was evaluated without PII regions.
    """
    scores = {variant: _scores(runs, variant) for variant in expected.variants}
    first = exposed_scores(runs[0])
    names = [(name, group) for name in (*expected.classes, ALL) for group in first.mean]
    samples = {
        variant: {key: _sample(of_variant, *key) for key in names}
        for variant, of_variant in scores.items()
    }
    rows = [
        {
            "variant": variant,
            "class": name,
            "group": group,
            **vars(sample),
            "instances": _groups_of(first, name)[group].instances,
            **_against(samples[reference][name, group], sample, level),
        }
        for variant, of_variant in samples.items()
        for (name, group), sample in of_variant.items()
    ]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *COMPARED])
    table.loc[table["variant"] == reference, COMPARED] = float("nan")
    return table


def _groups_of(scores: ExposedScores, name: str) -> Mapping[str, GroupScores]:
    return scores.mean if name == ALL else scores.per_class[name]


def _scores(runs: Sequence[EvaluatedRun], variant: str) -> list[ExposedScores]:
    return [exposed_scores(run) for run in runs if run.variant == variant]


def exposed_scores(run: EvaluatedRun) -> ExposedScores:
    """The APs of exposed objects of a run.

    Raises:
        UserError: the run was evaluated without PII regions.
    """
    if run.evaluation.exposed is None:
        raise UserError(f"{run.path}: no APs of exposed objects; evaluate it with --regions")
    return run.evaluation.exposed


def _sample(runs: Sequence[ExposedScores], name: str, group: str) -> SampleStatistics:
    values = [_groups_of(scores, name)[group].AP for scores in runs]
    return SampleStatistics.of([value for value in values if value is not None])


def _against(
    reference: SampleStatistics, sample: SampleStatistics, level: float
) -> dict[str, float]:
    """Difference, with its interval and p value where variation can be estimated."""
    known = {"difference": sample.mean - reference.mean}
    if not is_testable(sample, reference):
        return known
    welch = Difference.between(sample, reference)
    low, high = welch.interval(level)
    return known | {"low": low, "high": high, "welch_p": welch.p_different()}


def as_tables(
    table: pd.DataFrame, reference: str, level: float, missing: str, caption: str
) -> ExposedTables:
    """Content of exposed.json, from `exposed_table`."""
    return ExposedTables(
        reference=reference,
        level=level,
        missing=missing,
        rows=records_of(table),
        caption=caption,
        layouts=tuple(_blocks(table, reference)),
    )


def as_latex(tables: ExposedTables) -> str:
    r"""A `table` to `\input`; needs the packages booktabs and graphicx."""
    tabulars = [latex.tabular(block.columns, block.rows, texts=2) for block in tables.layouts]
    return latex.table(tabulars, tables.caption, "exposed")


def _blocks(table: pd.DataFrame, reference: str) -> list[TextTable]:
    """A text table per variant."""
    of_reference = table[table["variant"] == reference].set_index(["class", "group"])
    others = table[table["variant"] != reference].groupby("variant", sort=False)
    return [
        TextTable(
            title=f"{variant} against {reference}",
            columns=("Class", "Group", "Objects", reference, variant, "Difference", "Interval"),
            rows=tuple(
                (
                    class_title(row["class"]),
                    row["group"].replace("_", " "),
                    str(row["instances"]),
                    _cell(of_reference.loc[(row["class"], row["group"])]),
                    _cell(row),
                    signed(row["difference"]),
                    interval(row["low"], row["high"]),
                )
                for row in of_variant.to_dict("records")
                # The other groups are only shown for the mean over the classes.
                if row["class"] == ALL or row["group"] in EXPOSURE
            ),
        )
        for variant, of_variant in others
    ]


def _cell(row: Mapping[Any, Any]) -> str:
    return cell(row["mean"], row["std"], row["n"], row["n"])


def caption(
    runs: Sequence[EvaluatedRun], level: float, missing: str = "", outdated: str = ""
) -> str:
    """Explanation of rows and columns.

    Args:
        runs: the evaluated runs.
        level: level of one-sided tests.
        missing: expected runs without an evaluation, as text.
        outdated: sentence about the outdated runs.
    """
    first, much_from = runs[0].evaluation, exposed_scores(runs[0]).much_from
    text = (
        f"{first.task.noun.capitalize()} AP on {first.images} {first.tested_on} images by the "
        "share of an object's pixels inside face and license plate boxes: none, little, or much "
        f"({100 * much_from:g} % or more); exposed means little or much. Differences in points, "
        f"with their {100 * (1 - 2 * level):.3g} % interval over the runs as independent ones "
        "(Welch). Objects of other groups are ignored."
    )
    return " ".join(filter(None, [text, missing and f"Missing runs: {missing}.", outdated]))
