"""The objects whose pixels an anonymization changes: how well each variant finds them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workflow_scripts.analysis.statistics.welch import Difference, SampleStatistics
from workflow_scripts.common import latex
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.latex import UNDEFINED
from workflow_scripts.contracts.evaluations import ExposedScores, GroupScores
from workflow_scripts.contracts.runs import (
    ALL,
    EvaluatedRun,
    ExpectedRuns,
    class_title,
)
from workflow_scripts.contracts.tables import TextTable

SCHEMA = 1
EXPOSURE = ("none", "little", "much")
"""The groups that every class's rows show; the mean over the classes shows all groups."""
COLUMNS = ["variant", "class", "group", "mean", "std", "n", "instances"]
COMPARED = ["difference", "low", "high", "welch_p"]


def exposed_table(
    runs: Sequence[EvaluatedRun], expected: ExpectedRuns, reference: str, level: float
) -> pd.DataFrame:
    """AP by variant, class and group, and its difference from the reference's.

    Args:
        runs: of one experiment.
        expected: its variants and classes.
        reference: the variant that the others are compared with.
        level: of one-sided tests; the interval has the confidence 1 - 2 * level.

    Returns:
        columns variant, class (the last is `all`), group, mean, std (n-1), n (runs in which the AP
        is defined), instances (of the test images), difference, low, high, welch_p. Fractions of 1;
        NaN where undefined, such as the difference of the reference from itself.

    Raises:
        UserError: a run was evaluated without exposed objects.
    """
    lacking = [run for run in runs if run.evaluation.exposed is None]
    if lacking:
        raise UserError(f"{lacking[0].path}: no APs of exposed objects; evaluate it with --regions")
    first = runs[0].evaluation.exposed
    names = [(name, group) for name in (*expected.classes, ALL) for group in first.mean]
    samples = {
        variant: {key: _sample(runs, variant, *key) for key in names}
        for variant in expected.variants
    }
    rows = [
        {
            "variant": variant,
            "class": name,
            "group": group,
            **vars(sample),
            "instances": _groups_of(first, name)[group].instances,
            **(_against(samples[reference][name, group], sample, level)),
        }
        for variant, of_variant in samples.items()
        for (name, group), sample in of_variant.items()
    ]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *COMPARED])
    table.loc[table["variant"] == reference, COMPARED] = float("nan")
    return table


def _groups_of(scores: ExposedScores, name: str) -> Mapping[str, GroupScores]:
    return scores.mean if name == ALL else scores.per_class[name]


def _sample(runs: Sequence[EvaluatedRun], variant: str, name: str, group: str) -> SampleStatistics:
    of_variant = [run.evaluation.exposed for run in runs if run.variant == variant]
    values = [_groups_of(scores, name)[group].AP for scores in of_variant]
    return SampleStatistics.of([value for value in values if value is not None])


def _against(
    reference: SampleStatistics, sample: SampleStatistics, level: float
) -> dict[str, float]:
    """The difference; its interval and p value where variation can be estimated."""
    known = {"difference": sample.mean - reference.mean}
    if min(sample.n, reference.n) < 2 or not (sample.has_spread or reference.has_spread):
        return known
    welch = Difference.between(sample, reference)
    low, high = welch.interval(level)
    return known | {"low": low, "high": high, "welch_p": welch.p_different()}


def as_json(
    table: pd.DataFrame, reference: str, level: float, missing: str, caption: str
) -> dict[str, Any]:
    """Content of exposed.json: the rows, undefined numbers null, and the tables as text."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return {
        "schema": SCHEMA,
        "reference": reference,
        "level": level,
        "missing": missing,
        "rows": rows,
        "caption": caption,
        "layouts": [block.as_json() for block in blocks(table, reference)],
    }


def as_latex(table: pd.DataFrame, reference: str, caption: str) -> str:
    r"""A `table` to `\input`; needs the packages booktabs and graphicx."""
    tabulars = [
        latex.tabular(block.columns, block.rows, texts=2) for block in blocks(table, reference)
    ]
    return latex.table(tabulars, caption, "exposed")


def blocks(table: pd.DataFrame, reference: str) -> list[TextTable]:
    """A table as text for each variant."""
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
                    UNDEFINED if pd.isna(row["difference"]) else _points(row["difference"]),
                    UNDEFINED
                    if pd.isna(row["low"])
                    else f"{_points(row['low'])} to {_points(row['high'])}",
                )
                for row in of_variant.to_dict("records")
                if row["class"] == ALL or row["group"] in EXPOSURE
            ),
        )
        for variant, of_variant in others
    ]


def _cell(row: Mapping[str, Any]) -> str:
    if not row["n"]:
        return UNDEFINED
    deviation = "" if pd.isna(row["std"]) else f" ± {row['std']:.3f}"
    return f"{row['mean']:.3f}{deviation}"


def _points(fraction: float) -> str:
    return f"{100 * fraction:+.2f}"


def caption(runs: Sequence[EvaluatedRun], level: float, missing: str) -> str:
    """Explanation of rows and columns."""
    first = runs[0].evaluation
    text = (
        f"Mask AP on {first.images} {first.tested_on} images by the share of an object's pixels "
        "inside face and license plate boxes: none, little, or much "
        f"({100 * first.exposed.much_from:g} % or more); exposed means little or much. Differences "
        f"in points, with their {100 * (1 - 2 * level):g} % interval over the runs (Welch). "
        "Objects of other groups are ignored."
    )
    return f"{text} Missing runs: {missing}." if missing else text
