"""Fingerprint of everything that the result of each job depends on.

A fingerprint covers the settings, the data and the code that determine a result: the module of the
rule's command, all that it imports, and plug-ins. The list of seeds, the hardware and file times
are never part of it. The rules name these methods as their params.
"""

import shlex
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file

from workflow_scripts.anonymization.variants import seed_offset
from workflow_scripts.common.fingerprint import ROOT, code_of, fingerprint
from workflow_scripts.config.job_settings import Wildcards, further_test, settings_json, tested_on
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.contracts.speeds import note_on
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.imaging.detection import Detectors
from workflow_scripts.privacy.attacking import installed
from workflow_scripts.training.engine import EngineSettings

REPORT_TEMPLATES = ROOT / "workflow_scripts" / "analysis" / "report" / "templates"

DETECTORS_OF_AUDITS = tuple(
    f"workflow_scripts.pii.detectors.{name}" for name in ("centerface", "plates")
)
"""Detectors that an audit uses where the experiment's own only read annotations."""


def _not_indexed() -> dict[str, str]:
    raise RuntimeError("the data set has not been indexed")


def _by_content(section: Detectors) -> str:
    """A section as JSON, with digests in place of the paths of files that detectors read."""
    by_content = {
        kind.key.removeprefix("pii."): detector.model_copy(
            update={"file": Path(sha256_of_file(file))}
        )
        for kind, detector in section.detectors.items()
        if (file := getattr(detector, "file", None)) and file.is_file()
    }
    return settings_json(section.model_copy(update=by_content))


def _modules_of(section: Detectors) -> list[str]:
    """The modules of the detectors in use."""
    return sorted({type(detector).__module__ for detector in section.detectors.values()})


class Fingerprints:
    """Fingerprints of the results of an experiment's jobs.

    Args:
        jobs: settings, files and options of the jobs.
        digests: digests of images and labels by split, known once the data set is indexed.
    """

    def __init__(self, jobs: Jobs, digests: Callable[[], dict[str, str]] = _not_indexed) -> None:
        self.jobs = jobs
        self.digests = digests
        # Many jobs need the same ones.
        self._anonymization = cache(self._anonymization_by)
        self._run = cache(self._run_on)

    def weights_record(self, _: object = None) -> str:
        """Fingerprint of the record of weights."""
        return fingerprint(
            settings=self.jobs.weights_settings(),
            code=code_of("workflow_scripts.operations.commands.weights_record"),
        )

    def drawing(self, _: object = None) -> str:
        """Fingerprint of the drawn data set."""
        drawn = self.jobs.experiment.dataset.model_dump(mode="json", exclude={"images_per_shard"})
        return fingerprint(settings=drawn, code=code_of("workflow_scripts.dataset.commands.draw"))

    def index(self, _: object = None) -> str:
        """Fingerprint of the index."""
        task = {"task": option} if (option := self.jobs.task_option()) else {}
        return fingerprint(
            **task,
            settings=self.jobs.dataset_settings(),
            code=code_of("workflow_scripts.dataset.commands.index"),
        )

    def detection(self, _: object = None) -> str:
        """Fingerprint of the PII regions of a shard; the shard's id stands for its content.

        Files named in a detector's settings count by content, wherever they are.
        """
        return self._detection

    @cached_property
    def _detection(self) -> str:
        pii = self.jobs.experiment.pii
        return fingerprint(
            settings=_by_content(pii),
            code=code_of("workflow_scripts.pii.commands.detect", *_modules_of(pii)),
        )

    def pii_summary(self, _: object = None) -> str:
        """Fingerprint of the PII statistics; the regions are separate inputs."""
        return fingerprint(
            regions=self._detection,
            code=code_of("workflow_scripts.pii.commands.summarize"),
        )

    def check(self, wildcards: Wildcards) -> str:
        """Fingerprint of the check that a variant can be made."""
        method = self.jobs.treatments[wildcards.variant]
        return fingerprint(settings=settings_json(method), code=code_of(type(method).__module__))

    def anonymization(self, wildcards: Wildcards) -> str:
        """Fingerprint of a variant's images of a shard; the shard's id stands for its content."""
        return self._anonymization(wildcards.variant)

    def _anonymization_by(self, variant: str) -> str:
        method = self.jobs.treatments[variant]
        return fingerprint(
            settings=settings_json(method),
            regions=self._detection,
            code=code_of("workflow_scripts.anonymization.commands.apply", type(method).__module__),
        )

    def gathering(self, _: object = None) -> str:
        """Fingerprint of a variant's manifest; the shards' manifests are separate inputs."""
        return fingerprint(code=code_of("workflow_scripts.anonymization.commands.gather"))

    def run(self, wildcards: Wildcards) -> str:
        """Fingerprint of a training run."""
        return self.run_of(wildcards.variant, int(wildcards.seed))

    def run_of(self, variant: str, seed: int) -> str:
        """Fingerprint of the training of a variant with a seed."""
        return self._run(variant, seed, self.digests()["train"])

    def runs(self) -> dict[str, dict[int, str]]:
        """Fingerprint of each expected run, by variant and seed; empty without an index."""
        if not self.jobs.layout.shards.exists():
            return {}
        expected = self.jobs.expected
        return {
            variant: {seed: self.run_of(variant, seed) for seed in expected.seeds_of(variant)}
            for variant in expected.variants
        }

    def _run_on(self, name: str, seed: int, data: str) -> str:
        shared = self.jobs.initialisation_of(name, seed)
        return fingerprint(
            **({} if shared is None else {"initialisation": shared}),
            settings=self.jobs.training_of(name),
            seed=seed + seed_offset(self.jobs.experiment.variants[name]),
            data=data,
            images=None
            if self.jobs.is_unmodified(name)
            else self._anonymization(self.jobs.images_of(name, seed)),
            code=code_of(*self._training.training_code, self._engine()),
            **self._further_dependencies,
        )

    def speed(self) -> str:
        """Fingerprint of the recipe, data and code that `training.speed: fast` is verified for."""
        training = self.jobs.experiment.training
        return fingerprint(
            settings=training.model_dump(mode="json", exclude={"speed"}),
            data=self.jobs.dataset_settings(),
            code=code_of(*self._training.training_code, self._engine()),
            **self._further_dependencies,
        )

    def speed_note(self, _: object = None) -> str:
        """Caveat about `training.speed: fast`; empty for exact trainings."""
        if not self.jobs.experiment.training.is_fast:
            return ""
        return note_on(self.jobs.layout.speed, self.speed())

    def note_option(self, _: object = None) -> str:
        """`--note` with the caveat about `training.speed: fast`; empty for exact trainings."""
        note = self.speed_note()
        return f"--note {shlex.quote(note)}" if note else ""

    def is_to_train(self, variant: str, seed: int) -> bool:
        """Whether a run is missing, or was trained with another fingerprint."""
        return self._trained(self.jobs.layout.run(variant, seed)) != self.run_of(variant, seed)

    def _trained(self, run: RunLayout) -> str | None:
        """Fingerprint that a finished run was trained with; None for a missing run."""
        try:
            return TrainingRecord.read(run.provenance).fingerprint
        except UserError:
            return None

    def prediction(self, wildcards: Wildcards) -> str:
        """Fingerprint of a run's predictions."""
        name = tested_on(wildcards)
        images = {} if name == UNMODIFIED else {"images": self._anonymization(name)}
        return fingerprint(
            **images,
            run=self.run(wildcards),
            data=self._tested_data(wildcards),
            settings=self.jobs.prediction_settings(),
            code=code_of(*self._training.prediction_code, self._engine()),
            **self._program_of_predictions,
        )

    def _tested_data(self, wildcards: Wildcards) -> str | None:
        """Digest of the validation images; None for a further test set, whose index is an input."""
        return self.digests()["val"] if further_test(wildcards) is None else None

    def further_index(self, wildcards: Wildcards) -> str:
        """Fingerprint of the index of a further test set, apart from its annotation file."""
        return fingerprint(
            settings=self.jobs.further_settings(wildcards),
            classes=self.jobs.classes(),
            task=self.jobs.further_task(),
            code=code_of("workflow_scripts.dataset.commands.index_test"),
        )

    def evaluation(self, wildcards: Wildcards) -> str:
        """Fingerprint of the evaluation of predictions."""
        data = self._tested_data(wildcards)
        return fingerprint(data=data, code=code_of("workflow_scripts.evaluation.commands.evaluate"))

    def tables(self, _: object = None) -> str:
        """Fingerprint of the aggregation of evaluations."""
        return fingerprint(code=code_of("workflow_scripts.analysis.tables.commands.make"))

    def verdict(self, _: object = None) -> str:
        """Fingerprint of the verdict; the evaluations are separate inputs."""
        return fingerprint(
            settings=self.jobs.statistics_settings(),
            controls=[
                self.jobs.aa_controls(),
                self.jobs.positive_controls(),
                self.jobs.random_drops(),
            ],
            code=code_of("workflow_scripts.analysis.statistics.commands.verdict"),
        )

    def cross(self, _: object = None) -> str:
        """Fingerprint of the cross-test table; the evaluations are separate inputs."""
        return fingerprint(code=code_of("workflow_scripts.analysis.tables.commands.cross"))

    def exposed(self, _: object = None) -> str:
        """Fingerprint of the table of exposed instances; the evaluations are separate inputs."""
        return fingerprint(
            settings=self.jobs.interval_settings(),
            code=code_of("workflow_scripts.analysis.statistics.commands.exposed"),
        )

    def audit(self, wildcards: Wildcards) -> str:
        """Fingerprint of a variant's privacy audit."""
        name = wildcards.variant
        return fingerprint(
            regions=self._detection,
            images=None if self.jobs.is_unmodified(name) else self._anonymization(name),
            code=code_of(
                "workflow_scripts.privacy.commands.audit",
                *DETECTORS_OF_AUDITS,
                *_modules_of(self.jobs.experiment.pii),
            ),
        )

    def pictures(self, _: object = None) -> str:
        """Fingerprint of an attacker's own pictures."""
        return fingerprint(
            regions=self._detection,
            data=self.digests()["train"],
            most=self.jobs.experiment.privacy.regions,
            code=code_of("workflow_scripts.privacy.commands.pictures"),
        )

    def attacks(self, wildcards: Wildcards) -> str:
        """Fingerprint of the attacks on a variant."""
        name = wildcards.variant
        attacks = self.jobs.experiment.privacy.attacks
        return fingerprint(
            pictures=self.pictures(),
            images=None if name == UNMODIFIED else self._anonymization(name),
            settings=self.jobs.attack_settings(),
            installed=installed(attacks),
            code=code_of(
                "workflow_scripts.privacy.commands.attack",
                *sorted({type(attack).__module__ for attack in attacks}),
            ),
        )

    def missed(self, _: object = None) -> str:
        """Fingerprint of the estimate of missed regions."""
        second = self.jobs.experiment.privacy.second_detection
        return fingerprint(
            regions=self._detection,
            data=self.digests()["train"],
            settings=_by_content(second),
            code=code_of("workflow_scripts.privacy.commands.missed", *_modules_of(second)),
        )

    def membership(self, wildcards: Wildcards) -> str:
        """Fingerprint of the losses of a run's model on single images."""
        return fingerprint(
            run=self.run(wildcards),
            data=self.digests(),
            settings=self.jobs.prediction_settings(),
            images=self.jobs.membership_images(),
            code=code_of("workflow_scripts.training.commands.losses", self._engine()),
        )

    def privacy_table(self, _: object = None) -> str:
        """Fingerprint of the table of audits and attacks."""
        return fingerprint(
            settings=self.jobs.judging_settings(),
            code=code_of("workflow_scripts.privacy.commands.table"),
        )

    def handover(self, _: object = None) -> str:
        """Fingerprint of the summary and contact sheet of a hand-over folder."""
        return fingerprint(
            settings=self.jobs.report_settings(),
            code=code_of("workflow_scripts.privacy.commands.hand_over"),
        )

    def before_after(self, _: object = None) -> str:
        """Fingerprint of Figure 2; the images are separate inputs."""
        return fingerprint(
            settings=self.jobs.report_settings(),
            code=code_of("workflow_scripts.privacy.commands.figure"),
        )

    def figures(self, _: object = None) -> str:
        """Fingerprint of the result figures."""
        return fingerprint(code=code_of("workflow_scripts.analysis.report.commands.figures"))

    def provenance(self, _: object = None) -> str:
        """Fingerprint of the provenance record."""
        return fingerprint(code=code_of("workflow_scripts.analysis.report.commands.provenance"))

    def report(self, _: object = None) -> str:
        """Fingerprint of the report; what it shows are separate inputs."""
        templates = sorted(file for file in REPORT_TEMPLATES.rglob("*") if file.is_file())
        return fingerprint(
            settings=self.jobs.report_settings(),
            code=code_of("workflow_scripts.analysis.report.commands.html"),
            templates=[sha256_of_file(file) for file in templates],
        )

    def found_runs(self, _: object = None) -> str:
        """Fingerprint of the expected, finished and failed runs, for partial results."""
        layout = self.jobs.layout
        logs = [
            layout.log(f"{step}/{run.folder.relative_to(layout.runs)}")
            for run in self.jobs.runs
            for step in ("train", "predict", "evaluate")
        ]
        files = [*(run.evaluation for run in self.jobs.runs), *logs]
        return fingerprint(
            expected=self.jobs.expected_runs(),
            runs=self.runs(),
            times={str(file): file.stat().st_mtime_ns for file in files if file.exists()},
        )

    @cached_property
    def _further_dependencies(self) -> dict[str, Any]:
        """Inputs of a training besides settings, code and locked packages."""
        return self._training.further_dependencies()

    @cached_property
    def _program_of_predictions(self) -> dict[str, Any]:
        """Inputs of predictions besides the run, settings and code."""
        return self._training.prediction_dependencies()

    @property
    def _training(self) -> EngineSettings:
        return self.jobs.experiment.training

    def _engine(self) -> str:
        return type(self._training).__module__
