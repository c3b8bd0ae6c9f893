"""An experiment's folder as far as the report shows it, complete or not."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from workflow_scripts.common.files import read_json
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.evaluations import CocoScores, RunEvaluation
from workflow_scripts.contracts.pii_summary import PiiSummary
from workflow_scripts.contracts.run_states import RunStatus, State, statuses
from workflow_scripts.contracts.runs import ALL, EXPECTED, read_expected
from workflow_scripts.contracts.tables import CaptionedTables, PrivacyTables, ResultTable
from workflow_scripts.contracts.trainings import TrainingRecord, read_losses
from workflow_scripts.contracts.usage import Usage, read_usage
from workflow_scripts.contracts.verdicts import ExperimentVerdict

File = TypeVar("File", bound=BaseModel)
PROVENANCE = "provenance.json"
POINTS_OF_A_CURVE = 120
"""A curve has no more than these: a screen shows no more."""


@dataclass(frozen=True)
class Run:
    """One run: how far it is, and what it left."""

    status: RunStatus
    aps: dict[str, float | None]
    """Mask AP by class, and `all`; empty if it was not evaluated."""
    training: TrainingRecord | None
    """Its run.json; None if it was not trained."""
    curve: tuple[tuple[int, float], ...]
    """Iteration and loss, each the mean of the steps since the point before."""

    @property
    def variant(self) -> str:
        """How its training images were treated."""
        return self.status.variant

    @property
    def seed(self) -> int:
        """What it was started from."""
        return self.status.seed

    @property
    def is_done(self) -> bool:
        """Whether it is in the tables."""
        return self.status.state is State.DONE


@dataclass(frozen=True)
class ExperimentResults:
    """All that the report shows of an experiment; what has not been made is None or empty."""

    folder: Path
    variants: tuple[str, ...]
    classes: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    instances: dict[str, int]
    """In the test images, by class."""
    table: ResultTable | None
    verdict: ExperimentVerdict | None
    exposed: CaptionedTables | None
    """How well objects are found whose pixels an anonymization changes."""
    cross: CaptionedTables | None
    """Models by the images that they were trained on and tested on."""
    privacy: PrivacyTables | None
    splits: tuple[tuple[str, str], ...]
    """Table I: split and images."""
    pii: PiiSummary | None
    usage: tuple[Usage, ...]
    """What each job used, as far as it was recorded."""
    provenance: dict[str, Any] | None

    @property
    def name(self) -> str:
        """Of the experiment."""
        return self.folder.resolve().name

    @property
    def reference(self) -> str:
        """What the variants are compared with."""
        known = self.verdict or self.table
        return known.reference if known else self.variants[0]

    @property
    def unfinished(self) -> list[Run]:
        """The runs that are in no table, failed ones first."""
        left = [run for run in self.runs if not run.is_done]
        return sorted(left, key=lambda run: run.status.state is not State.FAILED)

    def role(self, variant: str) -> str:
        """What a variant is there for."""
        if variant == self.reference:
            return "reference"
        of_variant = {of.variant: of.role for of in self.verdict.variants} if self.verdict else {}
        return of_variant.get(variant, "treatment")


def read_results(
    folder: Path, tables: Path | None = None, provenance: Path | None = None
) -> ExperimentResults:
    """Read an experiment's folder.

    Args:
        folder: results/<experiment>.
        tables: where its tables lie, if not in its folder `tables`.
        provenance: the record of its origin, if not its `provenance.json`.

    Raises:
        UserError: the workflow was never started there, or a file is not what its name says.
    """
    expected = read_expected(folder / EXPECTED)
    tables = tables or folder / "tables"
    found = statuses(folder, expected, {})
    evaluations = [_scores(folder, status) for status in found]
    return ExperimentResults(
        folder=folder,
        variants=expected.variants,
        classes=expected.classes,
        seeds=expected.seeds,
        runs=tuple(
            Run(status, _aps(evaluation), _read_training(folder, status), _curve(folder, status))
            for status, evaluation in zip(found, evaluations, strict=True)
        ),
        instances=_instances(evaluations),
        table=_read(ResultTable, tables / "table_2.json"),
        verdict=_read(ExperimentVerdict, tables / "verdict.json"),
        exposed=_read(CaptionedTables, tables / "exposed.json"),
        cross=_read(CaptionedTables, tables / "cross.json"),
        privacy=_read(PrivacyTables, folder / "tables/privacy.json"),
        splits=_splits(folder / "data/table_1.csv"),
        pii=_pii(folder / "pii/summary.json"),
        usage=tuple(read_usage(folder)),
        provenance=_json_or_none(provenance or folder / PROVENANCE),
    )


def _run_folder(folder: Path, status: RunStatus) -> Path:
    return folder / "runs" / status.variant / f"seed~{status.seed}"


def _scores(folder: Path, status: RunStatus) -> CocoScores | None:
    """The APs of a run on masks; None if it was not evaluated."""
    path = _run_folder(folder, status) / "eval.json"
    return RunEvaluation.read(path).coco.segm if path.exists() else None


def _aps(scores: CocoScores | None) -> dict[str, float | None]:
    if scores is None:
        return {}
    return {name: of.AP for name, of in scores.per_class.items()} | {ALL: scores.mean_ap}


def _instances(evaluations: Sequence[CocoScores | None]) -> dict[str, int]:
    first = next(filter(None, evaluations), None)
    return {name: of.instances for name, of in first.per_class.items()} if first else {}


def _read_training(folder: Path, status: RunStatus) -> TrainingRecord | None:
    return _read(TrainingRecord, _run_folder(folder, status) / "run.json")


def _curve(folder: Path, status: RunStatus) -> tuple[tuple[int, float], ...]:
    lines = read_losses(_run_folder(folder, status) / "metrics.jsonl")
    step = max(1, -(-len(lines) // POINTS_OF_A_CURVE))
    pieces = [lines[at : at + step] for at in range(0, len(lines), step)]
    return tuple(
        (piece[-1].iteration, sum(line.loss for line in piece) / len(piece)) for piece in pieces
    )


def _pii(path: Path) -> PiiSummary | None:
    return PiiSummary.read(path) if path.exists() else None


def _splits(path: Path) -> tuple[tuple[str, str], ...]:
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple((row["split"], row["images"]) for row in csv.DictReader(stream))


def _read(kind: type[File], path: Path) -> File | None:
    """Content of a file of another command; None if it does not exist."""
    content: File | None = validate(kind, read_json(path), str(path)) if path.exists() else None
    return content


def _json_or_none(path: Path) -> Any:
    return read_json(path) if path.exists() else None
