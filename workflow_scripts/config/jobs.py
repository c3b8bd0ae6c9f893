"""Settings, files and options that the jobs of an experiment are given.

The rules name these methods as their params, and Snakemake calls them with the job's wildcards: a
brace in a path, a class name or a command is then never a wildcard, as it would be in a plain
string.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import canonical_json

from workflow_scripts.anonymization.methods.command import CommandMethod
from workflow_scripts.anonymization.variants import IMAGES_ONLY, twins_of
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.config.job_settings import (
    JobSettings,
    Wildcards,
    further_test,
    settings_json,
    tested_on,
)
from workflow_scripts.contracts.run_layout import group_of, images_of_twin
from workflow_scripts.contracts.settings import UNMODIFIED, CocoDataset
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.weights import weights_in
from workflow_scripts.training.engines.command import CommandTraining

LONGEST_COMMAND = 120_000
"""Most characters in the evaluation paths of one command; Linux accepts 131,072 in total."""


class Jobs(JobSettings):
    """Settings, files and options of an experiment's jobs.

    Args:
        experiment: the config.

    Raises:
        UserError: too many runs for the command lines that make the tables.
    """

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        self.runs = self.expected.layouts(self.layout.runs)
        """The files of each run."""
        named = [str(path) for path in self.all_evaluations()]
        if (length := len(" ".join(named))) > LONGEST_COMMAND:
            raise UserError(
                f"seeds: the paths of {len(named)} evaluations have {length} characters, more than "
                f"the {LONGEST_COMMAND} that one command accepts; use fewer seeds, variants "
                "or evaluation.on, or shorter names"
            )

    def images(self, wildcards: Wildcards, output: object) -> str:
        """The folder of the original images of a job's split.

        Snakemake compares no params that are derived from `output`: a moved data set has the same
        content, which fingerprints and shard ids identify.
        """
        return self.image_root(wildcards.split)

    def training_images(self, _: object, output: object) -> str:
        """The folder of the original training images; not compared by Snakemake either."""
        return self.image_root("train")

    def validation_images(self, wildcards: Wildcards, output: object) -> str:
        """The folder of the validation images, or of a further test set's; not compared either."""
        name = further_test(wildcards)
        also = self.experiment.evaluation.also
        return self.image_root("val") if name is None else str(also[name].images)

    def further_labels(self, wildcards: Wildcards) -> Path:
        """The annotation file of a further test set."""
        return self.experiment.evaluation.also[wildcards.further].annotations

    def further_settings(self, wildcards: Wildcards) -> str:
        """A further test set, as JSON, with the data set's mapping and ignored classes applied."""
        test = self.experiment.evaluation.also[wildcards.further]
        own = self.experiment.dataset
        if isinstance(own, CocoDataset):
            test = test.model_copy(
                update={
                    "class_mapping": own.class_mapping | test.class_mapping,
                    "ignored_classes": (*own.ignored_classes, *test.ignored_classes),
                }
            )
        return settings_json(test)

    def classes(self, _: object = None) -> list[str]:
        """The classes of the study."""
        return list(self.experiment.classes)

    def further_evaluations(self, wildcards: Wildcards) -> list[Path]:
        """The evaluation of each run on a further test set."""
        return [run.further_test(wildcards.further).evaluation for run in self.runs]

    def further_matches(self, wildcards: Wildcards) -> list[Path]:
        """The matches of each run's predictions on a further test set."""
        return [run.further_test(wildcards.further).matches for run in self.runs]

    def further_results(self, *suffixes: str) -> list[Path]:
        """Table II and the verdict of each further test set."""
        return [
            self.layout.further_tables(name) / f"{table}.{suffix}"
            for name in self.experiment.evaluation.also
            for table in ("table_2", "verdict")
            for suffix in suffixes
        ]

    def manifest(self, wildcards: Wildcards) -> list[Path]:
        """The manifest of a variant's training images; empty for the originals.

        In a job of a run, the manifest of the twin that the run trains on; else of the first twin.
        """
        name, seed = wildcards.variant, getattr(wildcards, "seed", None)
        if self.is_unmodified(name):
            return []
        images = name if seed is None else self.images_of(name, int(seed))
        return [self.layout.manifest(images, "train")]

    def images_of(self, variant: str, seed: int) -> str:
        """Name of the anonymized images that a run trains on."""
        twins = twins_of(self.experiment.variants[variant])
        return images_of_twin(variant, group_of(seed, twins))

    def manifests(self, _: object = None) -> list[Path]:
        """The manifests of the training images of all variants that change something."""
        names = [name for name in self.experiment.variants if not self.is_unmodified(name)]
        return [self.layout.manifest(name, "train") for name in names]

    def tested_manifest(self, wildcards: Wildcards) -> list[Path]:
        """The manifest of the validation images that a run is tested on; empty: originals."""
        name = tested_on(wildcards)
        return [] if name == UNMODIFIED else [self.layout.manifest(name, "val")]

    def anonymized_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with a variant's training images; empty for the originals."""
        return _folder_option(self.manifest(wildcards))

    def attacked(self, _: object = None) -> list[str]:
        """The attacked variants, preceded by the originals; empty without attacks."""
        if not self.experiment.privacy.attacks:
            return []
        names = [name for name in self.experiment.variants if not self.is_unmodified(name)]
        return [UNMODIFIED, *names]

    def missed(self, _: object = None) -> list[Path]:
        """The estimate of missed regions, if a second detector is named."""
        return [self.layout.missed] if self.experiment.privacy.second_detection.detectors else []

    def missed_option(self, _: object = None) -> str:
        """`--missed` with this estimate, if there is one."""
        return _option("--missed", self.missed())

    def record_of_donors(self, _: object = None) -> list[Path]:
        """Origin and licence of the weights, if a variant mixes faces of donors."""
        named = [key for key, _ in weights_in(self.experiment.variants)]
        given = any(key.endswith(".donors") for key in named)
        return [self.layout.weights_manifest] if given else []

    def donors_option(self, _: object = None) -> str:
        """`--weights` with this file, if there are donors."""
        return _option("--weights", self.record_of_donors())

    def registration(self, _: object = None) -> list[Path]:
        """The plan registered before the first run, if any; no rule makes it."""
        return [self.layout.registration] if self.layout.registration.exists() else []

    def memberships(self, _: object = None) -> list[Path]:
        """The losses of each run's model on single images, if membership is attacked."""
        if self.experiment.privacy.membership is None:
            return []
        return [self.layout.membership(run) for run in self.runs]

    def membership_images(self, _: object = None) -> int:
        """Most images per group whose loss is computed."""
        membership = self.experiment.privacy.membership
        return membership.images if membership else 0

    def review(self, _: object = None) -> list[Path]:
        """The numbers of a person's review, if there are any; no rule makes them."""
        return [self.layout.review] if self.layout.review.exists() else []

    def review_option(self, _: object = None) -> str:
        """`--review` with these numbers, if there are any."""
        return _option("--review", self.review())

    def treated_pictures(self, wildcards: Wildcards) -> list[Path]:
        """The attacker's pictures, treated by a variant's method if it can."""
        variant = self.experiment.variants.get(wildcards.variant)
        needed = any(attack.needs_pictures for attack in self.experiment.privacy.attacks)
        treats = isinstance(variant, CommandMethod) or (
            variant is not None and variant.method in IMAGES_ONLY
        )
        return [self.layout.pictures(wildcards.variant)] if needed and treats else []

    def treated_option(self, wildcards: Wildcards) -> str:
        """`--treated` with these pictures, if there are any."""
        return _option("--treated", self.treated_pictures(wildcards))

    def attacked_manifest(self, wildcards: Wildcards) -> list[Path]:
        """The manifest of the attacked images; empty for the originals."""
        return [] if wildcards.variant == UNMODIFIED else self.manifest(wildcards)

    def attacked_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with the attacked images; empty for the originals."""
        return _folder_option(self.attacked_manifest(wildcards))

    def method_option(self, wildcards: Wildcards) -> str:
        """The method's settings, which the attacker knows, as JSON."""
        known = self._settings.get(wildcards.variant)
        return known or canonical_json({"method": UNMODIFIED})

    def format_option(self, _: object = None) -> str:
        """`--as-originals` if images are made to be handed over."""
        return "--as-originals" if self.experiment.images_only else ""

    def tested_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with anonymized validation images; empty for the originals."""
        return _folder_option(self.tested_manifest(wildcards))

    def regions_option(self, _: object, input: Any) -> str:
        """`--regions` with the PII of the validation images, if exposed instances are evaluated."""
        # PII is not detected in further test sets.
        files = input.get("regions") if self.experiment.evaluation.exposed else None
        return _option("--regions", [files] if isinstance(files, str) else [*(files or [])])

    def index_inputs(self, _: object = None) -> list[Path]:
        """Inputs of the index: drawn scenes."""
        return [] if self.experiment.image_roots else [self.layout.drawn / "dataset.json"]

    def root_option(self, _: object = None) -> str:
        """`--root` with the drawn data set; empty for the user's images."""
        return "" if self.experiment.image_roots else _option("--root", [self.layout.drawn])

    def task_option(self, _: object = None) -> str:
        """`--task boxes` if boxes of COCO files are read; other labels suit both tasks."""
        experiment = self.experiment
        reads_boxes = experiment.task is Task.BOXES and isinstance(experiment.dataset, CocoDataset)
        return f"--task {experiment.task}" if reads_boxes else ""

    def further_task(self, _: object = None) -> str:
        """Shapes that are read from the COCO files of further test sets."""
        return str(self.experiment.task)

    def gpus(self, wildcards: Wildcards) -> int:
        """Number of GPUs for a job that makes a variant's images."""
        return self.treatments[wildcards.variant].gpus

    def environment(self, wildcards: Wildcards) -> str:
        """The environment in which a variant's images are made, relative to `rules/`."""
        return f"../envs/{self.treatments[wildcards.variant].environment}.yaml"

    @property
    def training_environment(self) -> str:
        """The environment in which models are trained and applied, relative to `rules/`."""
        training = self.experiment.training
        if training.conda_file is not None:
            return str(training.conda_file.absolute())
        return f"../envs/{training.conda_environment}.yaml"

    def python_of_training(self, _: object, output: object) -> str:
        """The Python that runs the commands of a training.

        A user's environment has its own Python, without this project's packages. Snakemake compares
        no params that are derived from `output`.
        """
        return sys.executable if self.experiment.training.conda_file else "python"

    def program_option(self, _: object = None) -> str:
        """`--program` with the section `training` where a program of the user predicts."""
        training = self.experiment.training
        if not isinstance(training, CommandTraining):
            return ""
        return f"--program {shlex.quote(settings_json(training))}"

    def weights_of(self, part: object) -> list[str]:
        """The files of weights that a part of the config needs; they have to be fetched."""
        digests = {weights.sha256 for _, weights in weights_in(part)}
        return [str(self.layout.weights / digest) for digest in sorted(digests)]

    def weights_of_variant(self, wildcards: Wildcards) -> list[str]:
        """The files that a variant's method needs; they have to be fetched."""
        return self.weights_of(self.treatments[wildcards.variant])

    def evaluations(self, _: object = None) -> list[Path]:
        """The evaluation of each run on the unmodified validation images."""
        return [run.evaluation for run in self.runs]

    def all_evaluations(self, _: object = None) -> list[Path]:
        """The evaluation of each run on each treatment of the validation images."""
        return [run.test(name).evaluation for name in self.all_tests() for run in self.runs]

    def matches(self, _: object = None) -> list[Path]:
        """The matches of each run's predictions on the unmodified validation images."""
        return [run.test().matches for run in self.runs]

    def metrics(self, _: object = None) -> list[Path]:
        """The losses of each run by iteration."""
        return [run.metrics for run in self.runs]

    def records(self, _: object = None) -> list[Path]:
        """The origin of each run: settings, fingerprint, versions."""
        return [run.provenance for run in self.runs]


def _folder_option(manifests: list[Path]) -> str:
    return _option("--anonymized", [manifest.parent for manifest in manifests[:1]])


def _option(name: str, paths: Sequence[Path | str]) -> str:
    """An option with shell-quoted paths; empty without paths."""
    return shlex.join([name, *map(str, paths)]) if paths else ""
