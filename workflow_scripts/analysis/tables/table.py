"""Table II: numbers over the runs, and the text of its cells."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from figures_and_tables.tables import TextTable

from workflow_scripts.analysis.numbers import cell
from workflow_scripts.contracts.runs import (
    ALL,
    EvaluatedRun,
    ExpectedRuns,
    SeedsByVariant,
    class_title,
    list_of,
    outdated_sentence,
)
from workflow_scripts.contracts.tables import (
    AbsentRun,
    CaptionedLayout,
    ResultTable,
    RunRecord,
    TableCell,
)
from workflow_scripts.contracts.tasks import Task

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
"""Metrics of masks, named as in eval.json; those of boxes have the prefix `bbox_` (see
`Task.metric`)."""
METRICS_OF_ALL = ("AP", "AP50", "AP75")
"""Metrics that eval.json also has for the mean over the classes; the AP is the mAP."""
COLUMNS_OF_A_BLOCK = 4


def long_table(
    runs: Sequence[EvaluatedRun], variants: Sequence[str], classes: Sequence[str]
) -> pd.DataFrame:
    """Mean and standard deviation over the runs, one row per class, variant and metric.

    Returns:
        columns class (the last is `all`), variant, metric (`AP`, …, unless models learned boxes
        only; `bbox_AP`, …), mean, std
        (with n-1; fractions of 1; NaN where undefined), n (runs in which it is defined).
        For `all`, AP is the mean and deviation of each run's mAP.
    """
    keys = ["class", "variant", "metric"]
    values = pd.DataFrame(
        [(name, run.variant, metric, value) for run in runs for name, metric, value in _aps(run)],
        columns=[*keys, "value"],
    ).astype({"value": float})
    prefixes = [_prefix(task) for task in runs[0].evaluation.coco.by_task] if runs else []
    rows = pd.MultiIndex.from_tuples(
        [
            (name, variant, prefix + metric)
            for name in (*classes, ALL)
            for variant in variants
            for prefix in prefixes
            for metric in (METRICS_OF_ALL if name == ALL else METRICS)
        ],
        names=keys,
    )
    of_rows = values.groupby(keys)["value"]
    table = pd.DataFrame(
        {"mean": of_rows.mean(), "std": of_rows.std(), "n": of_rows.count()}
    ).reindex(rows)
    return table.fillna({"n": 0}).astype({"n": int}).reset_index()


def _prefix(task: Task) -> str:
    """Prefix of a task's metrics."""
    return task.metric.removesuffix("AP")


def _aps(run: EvaluatedRun) -> Iterator[tuple[str, str, float | None]]:
    """Class, metric and value of all APs in a run's evaluation."""
    for task, scores in run.evaluation.coco.by_task.items():
        prefix = _prefix(task)
        of_all = (scores.mean_ap, scores.AP50, scores.AP75)
        for metric, value in zip(METRICS_OF_ALL, of_all, strict=True):
            yield ALL, prefix + metric, value
        for name, of_class in scores.per_class.items():
            for metric in METRICS:
                yield name, prefix + metric, getattr(of_class, metric)


def result_table(
    runs: Sequence[EvaluatedRun],
    expected: ExpectedRuns,
    reference: str,
    missing: Mapping[str, Sequence[int]],
    *,
    outdated: Mapping[str, Sequence[int]],
    note: str = "",
) -> ResultTable:
    """Table II.

    Args:
        runs: evaluations of one experiment, at least one.
        expected: runs of the experiment.
        reference: variant that the others are compared with.
        missing: seeds of the expected runs that have no evaluation, by variant.
        outdated: seeds of the expected runs whose evaluation is outdated, by variant.
        note: additional sentence of the caption.
    """
    first = runs[0].evaluation
    table = long_table(runs, expected.variants, expected.classes)
    layouts = {
        task: CaptionedLayout(
            caption=" ".join(filter(None, (_caption(runs, expected, task), note))),
            layout=_layout(table, expected, task),
        )
        for task in first.coco.by_task
    }
    main = layouts.pop(first.task)
    return ResultTable(
        reference=reference,
        engine=first.run.engine,
        task=first.task,
        tested_on=first.tested_on,
        images=first.images,
        **expected.model_dump(),
        cells=tuple(
            TableCell.model_validate(row)
            for row in table.astype(object).where(table.notna(), None).to_dict("records")
        ),
        runs=tuple(
            RunRecord(
                variant=run.variant,
                seed=run.seed,
                fingerprint=run.evaluation.run.fingerprint,
                path=_below_results(run.path),
            )
            for run in runs
        ),
        missing=_absent(missing),
        outdated=_absent(outdated),
        caption=main.caption,
        layout=main.layout,
        boxes=layouts.get(Task.BOXES),
    )


def _absent(runs: Mapping[str, Sequence[int]]) -> tuple[AbsentRun, ...]:
    return tuple(
        AbsentRun(variant=variant, seed=seed) for variant, seeds in runs.items() for seed in seeds
    )


def _below_results(path: Path) -> str:
    """A run's file relative to the results folder, as tables name it."""
    # A run's test on other images has a separate folder.
    depth = 5 if path.parent.name.startswith("also~") else 4
    return Path(*path.parts[-depth:]).as_posix()


def _layout(table: pd.DataFrame, expected: ExpectedRuns, task: Task) -> TextTable:
    """The whitepaper's layout: a row per class, a column per variant."""
    text = {
        (row["class"], row["variant"]): cell(
            row["mean"], row["std"], row["n"], len(expected.seeds_of(row["variant"]))
        )
        for row in table[table["metric"] == task.metric].to_dict("records")
    }
    return TextTable(
        columns=expected.variants,
        rows=tuple(
            (class_title(name), *(text[name, variant] for variant in expected.variants))
            for name in (*expected.classes, ALL)
        ),
    )


def blocks(table: ResultTable) -> list[TextTable]:
    """The layout in parts of up to four variants, each starting with the reference."""
    names = list(table.layout.columns)
    if len(names) <= COLUMNS_OF_A_BLOCK:
        return [table.layout]
    first = [name for name in names if name == table.reference]
    others = [name for name in names if name != table.reference]
    step = COLUMNS_OF_A_BLOCK - len(first)
    return [
        _columns(table.layout, first + others[at : at + step]) for at in range(0, len(others), step)
    ]


def _columns(layout: TextTable, names: Sequence[str]) -> TextTable:
    places = [layout.columns.index(name) + 1 for name in names]
    rows = tuple((row[0], *(row[place] for place in places)) for row in layout.rows)
    return TextTable(columns=tuple(names), rows=rows)


def _caption(runs: Sequence[EvaluatedRun], expected: ExpectedRuns, task: Task) -> str:
    """Explanation of the table's numbers, in one or two sentences."""
    tested, counted = runs[0].evaluation, Counter(run.variant for run in runs)
    by_variant = [counted[variant] for variant in expected.variants]
    fewest, most = min(by_variant), max(by_variant)
    counts = str(most) if fewest == most else f"{fewest} to {most}"
    deviation = "" if most < 2 else " and standard deviation (n-1)"
    return (
        f"{task.noun.capitalize()} average precision by the variant of the training images: "
        f"mean{deviation} over {counts} training run{'s' if most > 1 else ''} per variant, "
        f"tested on {tested.images} {tested.tested_on} images. The last row is the mean over all "
        "classes."
    )


def absent_lines(table: ResultTable) -> list[str]:
    """The missing runs and the outdated ones, one sentence each; empty if there are none."""
    missing, outdated = _by_variant(table.missing), _by_variant(table.outdated)
    lines = [f"Missing runs: {list_of(missing)}." if missing else "", outdated_sentence(outdated)]
    return [line for line in lines if line]


def _by_variant(runs: Iterable[AbsentRun]) -> SeedsByVariant:
    seeds: SeedsByVariant = {}
    for run in runs:
        seeds.setdefault(run.variant, []).append(run.seed)
    return seeds
