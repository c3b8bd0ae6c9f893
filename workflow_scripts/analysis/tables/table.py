"""Table II as numbers and as the text of its cells, whatever it is written as."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from workflow_scripts.common.latex import UNDEFINED
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns, class_title, list_of

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
"""Of masks, as eval.json names them; those of boxes have the prefix `bbox_`."""
METRICS_OF_ALL = ("AP", "AP50", "AP75")
"""Those that eval.json gives over all classes: the AP is the mAP."""
PREFIXES = {"segm": "", "bbox": "bbox_"}
COLUMNS_OF_A_BLOCK = 4


@dataclass(frozen=True)
class RunRecord:
    """A run that the table is made of."""

    variant: str
    seed: int
    fingerprint: str
    path: str


@dataclass(frozen=True)
class ResultTable:
    """Table II: what was measured, on what, and from which runs."""

    expected: ExpectedRuns
    reference: str
    """The variant that the others are compared with."""
    engine: str
    """The framework that trained."""
    tested_on: str
    """The variant of the test images."""
    images: int
    """Test images."""
    cells: pd.DataFrame
    """As `long_table` gives it."""
    runs: tuple[RunRecord, ...]
    missing: dict[str, list[int]]
    """Seeds of the runs that were expected and are not there, by variant."""


def long_table(
    runs: Sequence[EvaluatedRun], variants: Sequence[str], classes: Sequence[str]
) -> pd.DataFrame:
    """Mean and standard deviation over the runs, a row for each class, variant and metric.

    Returns:
        columns class (the last is `all`), variant, metric (`AP`, …, `bbox_AP`, …), mean, std
        (with n-1; fractions of 1; NaN where undefined), n (runs in which it is defined).
        For `all`, AP is the mean and deviation of each run's mAP.
    """
    keys = ["class", "variant", "metric"]
    values = pd.DataFrame(
        [(name, run.variant, metric, value) for run in runs for name, metric, value in _aps(run)],
        columns=[*keys, "value"],
    ).astype({"value": float})
    rows = pd.MultiIndex.from_tuples(
        [
            (name, variant, prefix + metric)
            for name in (*classes, ALL)
            for variant in variants
            for prefix in PREFIXES.values()
            for metric in (METRICS_OF_ALL if name == ALL else METRICS)
        ],
        names=keys,
    )
    table = values.groupby(keys)["value"].agg(mean="mean", std="std", n="count").reindex(rows)
    return table.fillna({"n": 0}).astype({"n": int}).reset_index()


def _aps(run: EvaluatedRun) -> Iterator[tuple[str, str, float | None]]:
    """Class, metric and AP of all that a run's evaluation says."""
    for kind, prefix in PREFIXES.items():
        scores = getattr(run.evaluation.coco, kind)
        of_all = (scores.mean_ap, scores.AP50, scores.AP75)
        for metric, value in zip(METRICS_OF_ALL, of_all, strict=True):
            yield ALL, prefix + metric, value
        for name, of_class in scores.per_class.items():
            for metric in METRICS:
                yield name, prefix + metric, getattr(of_class, metric)


def layout(table: ResultTable, metric: str = "AP") -> pd.DataFrame:
    """The cells as text, in the whitepaper's layout: a row a class, a column a variant."""
    expected = table.expected
    of_metric = table.cells[table.cells["metric"] == metric]
    text = {
        (row["class"], row["variant"]): cell(
            row["mean"], row["std"], row["n"], len(expected.seeds_of(row["variant"]))
        )
        for row in of_metric.to_dict("records")
    }
    titles = {name: class_title(name) for name in (*expected.classes, ALL)}
    return pd.DataFrame(
        [[text[name, variant] for variant in expected.variants] for name in titles],
        index=pd.Index(titles.values(), name="Class"),
        columns=pd.Index(expected.variants),
    )


def cell(mean: float, std: float, n: int, expected: int) -> str:
    """`0.309 ± 0.002`; without deviation for one run; with `(n=…)` if not all runs count."""
    if n == 0:
        return UNDEFINED
    deviation = "" if math.isnan(std) else f" ± {std:.3f}"
    count = "" if n == expected else f" (n={n})"
    return f"{mean:.3f}{deviation}{count}"


def blocks(table: ResultTable) -> list[pd.DataFrame]:
    """The layout in pieces that fit a page: past four variants, each begins with the reference."""
    whole = layout(table)
    variants = list(whole.columns)
    if len(variants) <= COLUMNS_OF_A_BLOCK:
        return [whole]
    first = [variant for variant in variants if variant == table.reference]
    others = [variant for variant in variants if variant != table.reference]
    step = COLUMNS_OF_A_BLOCK - len(first)
    return [whole[first + others[at : at + step]] for at in range(0, len(others), step)]


def caption(table: ResultTable) -> str:
    """What the numbers are, in one sentence or two."""
    by_variant = [
        len(table.expected.seeds_of(variant)) - len(table.missing.get(variant, ()))
        for variant in table.expected.variants
    ]
    fewest, most = min(by_variant), max(by_variant)
    counts = str(most) if fewest == most else f"{fewest} to {most}"
    deviation = "" if most < 2 else " and standard deviation (n-1)"
    return (
        f"Mask average precision by the variant of the training images: mean{deviation} over "
        f"{counts} training run{'s' if most > 1 else ''} per variant, tested on {table.images} "
        f"{table.tested_on} images. The last row is the mean over all classes."
    )


def missing_line(table: ResultTable) -> str:
    """The missing runs as one sentence; empty if there are none."""
    return f"Missing runs: {list_of(table.missing)}." if table.missing else ""
