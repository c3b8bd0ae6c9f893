"""Content of an experiment's folder for the report, possibly incomplete."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.section import validate
from pydantic import BaseModel

from workflow_scripts.contracts import registrations
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import CocoScores, ReliabilityPoint, RunEvaluation
from workflow_scripts.contracts.pii_summary import PiiSummary
from workflow_scripts.contracts.provenance import FILE_NAME, Provenance
from workflow_scripts.contracts.registrations import Registration
from workflow_scripts.contracts.run_layout import RunLayout, run_in
from workflow_scripts.contracts.run_states import RunStatus, State, statuses
from workflow_scripts.contracts.runs import ALL, EXPECTED, ExpectedRuns, read_expected
from workflow_scripts.contracts.supplements import Supplement
from workflow_scripts.contracts.tables import (
    CrossTables,
    ExposedTables,
    PrivacyTables,
    ResultTable,
)
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.trainings import TrainingRecord, read_losses
from workflow_scripts.contracts.usage import Usage, read_usage
from workflow_scripts.contracts.verdicts import ExperimentVerdict

File = TypeVar("File", bound=BaseModel)
_TABLES = "table_2.json", "verdict.json"
POINTS_OF_A_CURVE = 120
"""Maximum number of points in a learning curve."""


@dataclass(frozen=True)
class Run:
    """One run: its progress and its results."""

    status: RunStatus
    scores: CocoScores | None
    """COCO scores that the run is judged by; None before the evaluation."""
    reliability: tuple[ReliabilityPoint, ...]
    """Precision by score; empty before the evaluation."""
    training: TrainingRecord | None
    """Content of run.json; None before the end of the training."""
    curve: tuple[tuple[int, float], ...]
    """Iterations and losses; each loss is a mean over the iterations since the previous point."""

    @property
    def aps(self) -> dict[str, float | None]:
        """AP by class, and `all`; empty before the evaluation."""
        if self.scores is None:
            return {}
        by_class = {name: scores.AP for name, scores in self.scores.per_class.items()}
        return by_class | {ALL: self.scores.mean_ap}

    @property
    def variant(self) -> str:
        """Variant of its training images."""
        return self.status.variant

    @property
    def seed(self) -> int:
        """Seed of its training."""
        return self.status.seed

    @property
    def is_done(self) -> bool:
        """Whether the run is in the tables."""
        return self.status.state is State.DONE


@dataclass(frozen=True)
class FurtherResults:
    """Results on a further test set."""

    name: str
    table: ResultTable
    verdict: ExperimentVerdict


MOST_DRAWN = 24
"""Maximum number of variants with panels, besides the reference."""


@dataclass(frozen=True)
class ExperimentResults:
    """Everything that the report shows; missing results are None or empty."""

    folder: Path
    variants: tuple[str, ...]
    classes: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    table: ResultTable | None
    verdict: ExperimentVerdict | None
    supplement: Supplement | None
    """Additional analyses; None for a verdict of an older version."""
    exposed: ExposedTables | None
    """APs of the objects whose pixels an anonymization changes."""
    cross: CrossTables | None
    """APs by the variants of the training and of the test images."""
    further: tuple[FurtherResults, ...]
    """Results on the test sets of `evaluation.also`."""
    privacy: PrivacyTables | None
    splits: tuple[tuple[str, str], ...]
    """Rows of Table I: split and number of images."""
    data_notes: tuple[tuple[str, str], ...]
    """Split and sentence: what the index left out, changed or considers doubtful."""
    pii: PiiSummary | None
    usage: tuple[Usage, ...]
    """Recorded resource usage of each job."""
    provenance: Provenance | None
    registration: Registration | None
    """Plan registered before the first run, or None."""

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.folder.resolve().name

    @property
    def reference(self) -> str:
        """Variant that the others are compared with."""
        known = self.verdict or self.table
        return known.reference if known else self.variants[0]

    @property
    def task(self) -> Task:
        """Task that the APs measure."""
        known = self.verdict or self.table
        return known.task if known else Task.MASKS

    @property
    def most_runs(self) -> int:
        """Maximum number of runs per variant."""
        return max(Counter(run.variant for run in self.runs).values(), default=0)

    @property
    def drawn(self) -> tuple[str, ...]:
        """Variants with panels in figures: the reference and the first others."""
        others = [variant for variant in self.variants if variant != self.reference]
        left = set(others[MOST_DRAWN:])
        return tuple(variant for variant in self.variants if variant not in left)

    @property
    def not_drawn(self) -> str:
        """Sentence about the variants without panels; empty if there are none."""
        others = len(self.variants) - 1
        if others <= MOST_DRAWN:
            return ""
        return f"Of {others} variants, the first {MOST_DRAWN} are shown; the tables have all."

    @property
    def margins(self) -> tuple[float, ...]:
        """Margins of the verdict; empty without a verdict."""
        return self.verdict.settings.margins if self.verdict else ()

    @property
    def instances(self) -> dict[str, int]:
        """Number of instances in the test images, by class; empty before the first evaluation."""
        scores = next((run.scores for run in self.runs if run.scores), None)
        return {name: of.instances for name, of in scores.per_class.items()} if scores else {}

    @property
    def seeds_per_variant(self) -> str:
        """`5 seeds`, `5 to 10 seeds`."""
        counts = Counter(run.variant for run in self.runs).values()
        fewest, most = min(counts), max(counts)
        return f"{fewest} to {most} seeds" if fewest < most else counted(most, "seed")

    @property
    def has_outdated_runs(self) -> bool:
        """Whether settings, data or code of an evaluated run have changed."""
        return any(run.status.state is State.OUTDATED for run in self.runs)

    @property
    def unfinished(self) -> list[Run]:
        """Runs that are not in the tables, failed ones first."""
        left = [run for run in self.runs if not run.is_done]
        return sorted(left, key=lambda run: run.status.state is not State.FAILED)

    def role(self, variant: str) -> str:
        """Purpose of a variant."""
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
        tables: folder of the tables (default: its folder `tables`).
        provenance: record of the origin (default: its `provenance.json`).

    Raises:
        UserError: the workflow was never started there, a file is invalid, or the given folder has
            no tables.
    """
    expected = read_expected(folder / EXPECTED)
    for given in (tables, provenance):
        if given is not None and not given.exists():
            raise UserError(f"{given}: no such file or folder")
    if tables is not None and not any((tables / name).exists() for name in _TABLES):
        raise UserError(f"{tables}: has no {' and no '.join(_TABLES)}; name a folder of tables")
    tables = tables or folder / "tables"

    def asked(kind: type[File], table: str) -> File | None:
        return _read(kind, tables / f"{table}.json") if table in expected.tables else None

    return ExperimentResults(
        folder=folder,
        variants=expected.variants,
        classes=expected.classes,
        seeds=expected.seeds,
        runs=tuple(
            _read_run(run_in(folder / "runs", status.variant, status.seed), status, expected)
            for status in statuses(folder, expected, {})
        ),
        table=_read(ResultTable, tables / "table_2.json"),
        verdict=_read(ExperimentVerdict, tables / "verdict.json"),
        supplement=_read(Supplement, tables / "supplement.json"),
        exposed=asked(ExposedTables, "exposed"),
        cross=asked(CrossTables, "cross"),
        further=tuple(_further(tables / "also", expected.also)),
        privacy=_read(PrivacyTables, folder / "tables/privacy.json"),
        splits=_splits(folder / "data/table_1.csv"),
        data_notes=tuple(
            (split, note)
            for split in ("train", "val")
            if (path := folder / f"data/{split}.coco.json").exists()
            for note in CocoSplit.read_images(path).notes
        ),
        pii=PiiSummary.read(summary) if (summary := folder / "pii/summary.json").exists() else None,
        usage=tuple(read_usage(folder)),
        provenance=_read(Provenance, provenance or folder / FILE_NAME),
        registration=_read(Registration, folder / registrations.FILE_NAME),
    )


def _further(folder: Path, names: Iterable[str]) -> Iterator[FurtherResults]:
    """Results on the further test sets that are there."""
    for name in names:
        table = _read(ResultTable, folder / name / "table_2.json")
        verdict = _read(ExperimentVerdict, folder / name / "verdict.json")
        if table and verdict:
            yield FurtherResults(name, table, verdict)


def _read_run(layout: RunLayout, status: RunStatus, expected: ExpectedRuns) -> Run:
    """A run, without what earlier settings, data or code have left in its folder."""
    done = status.state is State.DONE
    evaluation = _read(RunEvaluation, layout.evaluation) if done else None
    training = _read(TrainingRecord, layout.provenance)
    outdated = training and expected.is_outdated(status.variant, status.seed, training.fingerprint)
    calibration = evaluation and evaluation.calibration
    return Run(
        status=status,
        scores=evaluation.scores if evaluation else None,
        reliability=calibration.reliability if calibration else (),
        training=None if outdated else training,
        curve=() if outdated else _curve(layout.metrics),
    )


def _curve(path: Path) -> tuple[tuple[int, float], ...]:
    if path.exists() and not path.stat().st_size:
        return ()  # a user's program does not have to report its losses
    lines = read_losses(path)
    if path.exists() and (not lines or lines[-1].iteration < lines[-1].iterations):
        log.warning(
            "%s: it ends before the last iteration, so the learning curve is incomplete", path
        )
    step = max(1, -(-len(lines) // POINTS_OF_A_CURVE))
    pieces = [lines[at : at + step] for at in range(0, len(lines), step)]
    return tuple(
        (piece[-1].iteration, sum(line.loss for line in piece) / len(piece)) for piece in pieces
    )


def _splits(path: Path) -> tuple[tuple[str, str], ...]:
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple((row["split"], row["images"]) for row in csv.DictReader(stream))


def _read(kind: type[File], path: Path) -> File | None:
    """Content of another command's file; None if it does not exist."""
    content: File | None = validate(kind, read_json(path), str(path)) if path.exists() else None
    return content
