"""Samples from evaluations of runs, or from a table of means and standard deviations."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from plain_commands.errors import UserError
from run_equivalence.table import TableError, metrics_in, read_table
from run_equivalence.welch import SampleStatistics

from workflow_scripts.contracts.evaluations import EXPOSURE, CocoScores, RunEvaluation
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns
from workflow_scripts.contracts.supplements import BesideName
from workflow_scripts.contracts.tasks import Task

Samples = Mapping[str, Mapping[str, SampleStatistics]]
"""Samples by variant, then by class and `all`."""
SIZES = {"small": "APs", "medium": "APm", "large": "APl"}
"""Groups of objects by their area, and the keys of their APs."""
Values = Mapping[str, Mapping[str, Mapping[int, float]]]
"""APs by variant, by class and `all`, and by seed."""


def values_of_runs(runs: Sequence[EvaluatedRun], expected: ExpectedRuns) -> Values:
    """APs of each class and variant by seed, of the runs in which they are defined."""
    return _by_class(runs, expected, lambda run: _aps(run.scores))


def values_beside(runs: Sequence[EvaluatedRun], expected: ExpectedRuns) -> dict[BesideName, Values]:
    """Measures judged in addition to the AP of each class, if any run has them.

    Calibration is 1 minus the error of the scores, so that lower is worse, as for AP.
    """
    values: dict[BesideName, Values] = {"groups": values_of_groups(runs, expected)}
    first = runs[0].evaluation
    if first.task is Task.MASKS:
        values["boxes"] = _by_class(runs, expected, lambda run: _aps(run.coco.bbox))
    if any(run.evaluation.calibration for run in runs):
        shared = _calibrated_in_all(runs, expected)
        values["calibration"] = _by_class(runs, expected, lambda run: _calibration(run, shared))
    return values


def _by_class(
    runs: Sequence[EvaluatedRun],
    expected: ExpectedRuns,
    measured: Callable[[RunEvaluation], Mapping[str, float | None]],
) -> Values:
    """Values of each class and of `all`, if defined."""
    known = {(run.variant, run.seed): measured(run.evaluation) for run in runs}
    return {
        variant: {
            name: {
                seed: value
                for (of, seed), values in known.items()
                if of == variant and (value := values.get(name)) is not None
            }
            for name in (*expected.classes, ALL)
        }
        for variant in expected.variants
    }


def _aps(scores: CocoScores) -> dict[str, float | None]:
    return {name: of.AP for name, of in scores.per_class.items()} | {ALL: scores.mean_ap}


def _calibrated_in_all(runs: Sequence[EvaluatedRun], expected: ExpectedRuns) -> list[str]:
    """The classes for which every run has predictions; runs without any predictions are ignored.

    Means over different classes per run would compare classes, not runs.
    """
    known = [_errors(run.evaluation) for run in runs]
    return [name for name in expected.classes if all(name in of for of in known if of)]


def _errors(run: RunEvaluation) -> dict[str, float]:
    """Calibration error of the classes in which it is defined."""
    per_class = run.calibration.per_class if run.calibration else {}
    return {name: of.error for name, of in per_class.items() if of.error is not None}


def _calibration(run: RunEvaluation, shared: Sequence[str]) -> dict[str, float | None]:
    """1 minus the calibration error, by class and over the shared ones."""
    errors = _errors(run)
    means = {ALL: float(np.mean([errors[name] for name in shared]))} if errors and shared else {}
    return {name: 1 - error for name, error in (errors | means).items()}


def samples_of(values: Values) -> Samples:
    """Mean, standard deviation and number of the runs."""
    return {
        variant: {name: SampleStatistics.of(list(of.values())) for name, of in by_class.items()}
        for variant, by_class in values.items()
    }


def values_of_groups(runs: Sequence[EvaluatedRun], expected: ExpectedRuns) -> Values:
    """APs of small, medium and large objects, and of those with faces and plates, by seed.

    They are means over the classes with such objects; groups that no run has are omitted.
    """
    found = {
        variant: {run.seed: _groups_of(run) for run in runs if run.variant == variant}
        for variant in expected.variants
    }
    names = {name: None for of in found.values() for groups in of.values() for name in groups}
    return {
        variant: {
            name: {seed: groups[name] for seed, groups in of.items() if name in groups}
            for name in names
        }
        for variant, of in found.items()
    }


def _groups_of(run: EvaluatedRun) -> dict[str, float]:
    evaluation = run.evaluation
    by_size = {
        f"{size} objects": [
            value
            for scores in evaluation.scores.per_class.values()
            if (value := getattr(scores, key)) is not None
        ]
        for size, key in SIZES.items()
    }
    means = {name: sum(values) / len(values) for name, values in by_size.items() if values}
    if evaluation.exposed is not None:
        for exposure in EXPOSURE:
            value = evaluation.exposed.mean[exposure].AP
            if value is not None:
                means[f"exposed pixels: {exposure}"] = value
    return means


def task_of_summary(path: Path) -> Task:
    """Task of the APs in a csv like `tables/table_2.csv`; masks by default.

    Raises:
        UserError: names the file and the problem.
    """
    try:
        metrics = metrics_in(path)
    except TableError as error:
        raise UserError.of(list(error.findings)) from None
    is_of_boxes = Task.BOXES.metric in metrics and Task.MASKS.metric not in metrics
    return Task.BOXES if is_of_boxes else Task.MASKS


def samples_of_summary(path: Path) -> Samples:
    """Samples from a csv like `tables/table_2.csv`.

    Raises:
        UserError: one line per finding, with file, line or column, and problem.
    """
    metric = task_of_summary(path).metric
    try:
        return read_table(path, metric, ALL)
    except TableError as error:
        raise UserError.of(list(error.findings)) from None
