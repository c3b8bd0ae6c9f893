"""The runs of an experiment: the expected ones, and their evaluations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.section import Section, validate
from plain_commands.texts import read_given
from pydantic import Field, model_validator

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.run_layout import RunLayout, run_in
from workflow_scripts.contracts.settings import ALL, UNMODIFIED, ClassName
from workflow_scripts.contracts.trainings import TrainingRecord

EXPECTED = "runs/expected.json"
"""The expected runs, below an experiment's folder; written when the workflow starts."""


def class_title(name: str) -> str:
    """Display name of a class or of `ALL`, on one line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return "All classes (mAP)" if name == ALL else printable[:1].upper() + printable[1:]


SeedsByVariant = dict[str, list[int]]
"""Runs of an experiment."""


class ExpectedRuns(Section):
    """The expected runs of an experiment: each seed of each variant."""

    variants: tuple[str, ...] = Field(min_length=1)
    """The variants, in the order of the table's columns."""
    seeds: tuple[int, ...] = Field(min_length=1)
    """The seeds that every variant has."""
    classes: tuple[ClassName, ...] = Field(min_length=1)
    """The classes, in the order of the table's rows."""
    more_seeds: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """Further seeds, by variant."""
    fingerprints: dict[str, dict[int, str]] = Field(default_factory=dict)
    """Fingerprints that the config, the data and the code ask for, by variant and seed."""
    tables: tuple[str, ...] = ()
    """Tables that the config asks for besides Table II and the verdict: `exposed`, `cross`."""
    also: tuple[str, ...] = ()
    """Further test sets that the config asks for."""
    directory: str | None = None
    """Working directory of Snakemake, if the results are elsewhere."""

    def seeds_of(self, variant: str) -> tuple[int, ...]:
        """The seed of each run of a variant."""
        return self.seeds + self.more_seeds.get(variant, ())

    def unused_seeds(self, variant: str, count: int) -> tuple[int, ...]:
        """The smallest unused seeds of a variant, in the order in which looks add them."""
        known = self.seeds_of(variant)
        free = (seed for seed in range(1, max(known) + count + 1) if seed not in known)
        return tuple(islice(free, max(count, 0)))

    def pairs(self) -> list[tuple[str, int]]:
        """The variant and the seed of each run."""
        return [(variant, seed) for variant in self.variants for seed in self.seeds_of(variant)]

    def is_outdated(self, variant: str, seed: int, fingerprint: str | None) -> bool:
        """Whether a run's fingerprint differs from the expected one; False if one is unknown."""
        wanted = self.fingerprints.get(variant, {}).get(seed)
        return None not in (wanted, fingerprint) and wanted != fingerprint

    def layouts(self, folder: Path) -> list[RunLayout]:
        """The files of each run below a folder of runs."""
        return [run_in(folder, variant, seed) for variant, seed in self.pairs()]

    @model_validator(mode="after")
    def _names_are_unique(self) -> "ExpectedRuns":
        for name in ("variants", "seeds", "classes"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name}: {list(values)} has duplicates; remove them")
        for variant in self.variants:
            if Path(variant).name != variant or variant == "..":
                raise ValueError(f"variants: {variant!r} cannot be the name of a folder of runs")
        return self


def read_expected(source: Path | str) -> ExpectedRuns:
    """The expected runs, from a JSON file or from JSON text.

    Args:
        source: a path, such as `EXPECTED`, or text that starts with a brace.

    Raises:
        UserError: a missing file, invalid JSON, or one line per finding, each with its key.
    """
    if isinstance(source, Path):
        try:
            return validate(ExpectedRuns, read_json(source), str(source))
        except UserError as error:
            if not str(error).endswith(": no such file"):
                raise
            raise UserError(
                f"{error}; name the folder of an experiment, results/<experiment>, with "
                "started runs"
            ) from None
    return validate(ExpectedRuns, *read_given(source, "--expected"))


@dataclass(frozen=True)
class EvaluatedRun:
    """A run's evaluation and the file that holds it."""

    path: Path
    evaluation: RunEvaluation

    @property
    def variant(self) -> str:
        """Treatment of the training images."""
        return self.evaluation.run.variant

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.evaluation.run.seed

    @classmethod
    def read(cls, path: Path) -> "EvaluatedRun":
        """Read an eval.json; UserError if it is missing or malformed."""
        return cls(path, RunEvaluation.read(path))


def runs_in(folder: Path, expected: ExpectedRuns, tested_on: str = UNMODIFIED) -> list[Path]:
    """The evaluations of the expected runs that are in an experiment's folder of runs.

    Args:
        folder: the folder of runs.
        expected: the experiment's runs.
        tested_on: the variant of the test images.
    """
    paths = [run.test(tested_on).evaluation for run in expected.layouts(folder)]
    return [path for path in paths if path.exists()]


def read_runs(paths: Iterable[Path]) -> list[EvaluatedRun]:
    """Read evaluations and check that they are from one experiment.

    Raises:
        UserError: a file is missing or not an eval.json, or see `check_same_experiment`.
    """
    runs = [EvaluatedRun.read(path) for path in paths]
    check_same_experiment(runs)
    return runs


def without_outdated(
    runs: Iterable[EvaluatedRun], expected: ExpectedRuns | None
) -> tuple[list[EvaluatedRun], SeedsByVariant]:
    """Separate current from outdated runs.

    Args:
        runs: evaluated runs.
        expected: the experiment's runs; without their fingerprints, no run counts as outdated.

    Returns:
        the current runs; the seeds of the outdated ones, by variant.
    """
    current: list[EvaluatedRun] = []
    outdated: SeedsByVariant = {}
    for run in runs:
        fingerprint = run.evaluation.run.fingerprint
        if expected and expected.is_outdated(run.variant, run.seed, fingerprint):
            outdated.setdefault(run.variant, []).append(run.seed)
        else:
            current.append(run)
    return current, outdated


def check_same_experiment(runs: Sequence[EvaluatedRun]) -> None:
    """Check that runs are comparable, so that one table may show them.

    Raises:
        UserError: an evaluation does not belong to its folder, a run is duplicated, or a run was
            trained or tested in another way than the first one.
    """
    findings = [finding for run in runs for finding in _contradictions(run)]
    findings += [finding for run in runs[1:] for finding in _differences(run, runs[0])]
    file_of: dict[tuple[str, int], Path] = {}
    for run in runs:
        name = (run.variant, run.seed)
        if name in file_of:
            findings.append(
                f"{run.path}: {run.variant}, seed {run.seed} is in {file_of[name]} as well; "
                "give it once"
            )
        file_of[name] = run.path
    if findings:
        raise UserError.of(findings)


def _contradictions(run: EvaluatedRun) -> list[str]:
    """Contradictions between an evaluation, its folder and the training beside it."""
    of, place = run.evaluation.run, run.path.parent
    if place.name.startswith(("on~", "also~")):
        place = place.parent
    found = misplaced(place, of.variant, of.seed)
    if place.name.startswith("seed~"):
        record = RunLayout(place).provenance
        if record.exists():
            trained = TrainingRecord.read(record).fingerprint
            if trained != of.fingerprint:
                found.append(
                    f"it is of training {of.fingerprint[:12]}, but run.json of {trained[:12]}"
                )
    return [f"{run.path}: {finding}; {made_again(run.path)}" for finding in found]


def misplaced(place: Path, variant: str, seed: int) -> list[str]:
    """Contradiction between a file's run and the folder that it lies in."""
    told = place.parent.name, place.name.removeprefix("seed~")
    if not place.name.startswith("seed~") or told == (variant, str(seed)):
        return []
    where = f"in the folder of {told[0]}, seed {told[1]}"
    return [f"it is of {variant}, seed {seed}, but lies {where}"]


def _differences(run: EvaluatedRun, first: EvaluatedRun) -> list[str]:
    facts = {
        "engine": (run.evaluation.run.engine, first.evaluation.run.engine),
        "task": (str(run.evaluation.task), str(first.evaluation.task)),
        "tested_on": (run.evaluation.tested_on, first.evaluation.tested_on),
        "images": (run.evaluation.images, first.evaluation.images),
    }
    return [
        f"{run.path}: {key} is {found!r}, but {wanted!r} in {first.path}; "
        "a table shows runs of one experiment only"
        for key, (found, wanted) in facts.items()
        if found != wanted
    ]


def expected_of(runs: Sequence[EvaluatedRun], reference: str) -> ExpectedRuns:
    """Default expected runs: all pairs of the variants and seeds that occur.

    Args:
        runs: at least one run.
        reference: the first variant, if it occurs.
    """
    variants = dict.fromkeys(run.variant for run in runs)
    return ExpectedRuns(
        variants=tuple(sorted(variants, key=lambda variant: variant != reference)),
        seeds=tuple(sorted({run.seed for run in runs})),
        classes=tuple(runs[0].evaluation.scores.per_class),
    )


def missing_runs(
    runs: Iterable[EvaluatedRun],
    expected: ExpectedRuns,
    outdated: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> SeedsByVariant:
    """The missing runs: seeds by variant, without complete variants.

    Args:
        runs: evaluated runs.
        expected: the experiment's runs.
        outdated: runs that are outdated instead of missing.

    Raises:
        UserError: a run is not expected, or lacks one of the classes.
    """
    left = {
        variant: [seed for seed in seeds if seed not in outdated.get(variant, ())]
        for variant, seeds in ((name, expected.seeds_of(name)) for name in expected.variants)
    }
    findings = []
    for run in runs:
        if run.seed in left.get(run.variant, ()):
            left[run.variant].remove(run.seed)
        else:
            findings.append(
                f"{run.path}: {run.variant}, seed {run.seed} is not one of the expected runs; "
                "leave it out, or add it to the experiment"
            )
        for task, scores in run.evaluation.coco.by_task.items():
            findings += [
                f"{run.path}: coco.{task.iou_type}.per_class has no {name!r}; "
                f"{made_again(run.path)}"
                for name in expected.classes
                if name not in scores.per_class
            ]
    if findings:
        raise UserError.of(findings)
    return {variant: seeds for variant, seeds in left.items() if seeds}


def list_of(runs: Mapping[str, Sequence[int]]) -> str:
    """`natural seed 2; blur seeds 1, 3`."""
    return "; ".join(
        f"{variant} seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
        for variant, seeds in runs.items()
    )


def outdated_sentence(outdated: Mapping[str, Sequence[int]]) -> str:
    """Sentence that counts and names the outdated runs; empty if there are none."""
    count = sum(map(len, outdated.values()))
    if not count:
        return ""
    subject = "1 outdated run is" if count == 1 else f"{count} outdated runs are"
    return f"{subject} left out, since settings, data or code changed: {list_of(outdated)}."
