"""Settings, files and options that the jobs of an experiment are given.

Each job gets only the settings that concern it, as JSON. The rules name these methods as their
params, and Snakemake calls them with the job's wildcards: unlike in a plain string, a brace in a
path, a class name or a command is then never a wildcard.
"""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from plain_commands.errors import UserError
from plain_commands.files import canonical_json
from pydantic import BaseModel

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.command import CommandMethod
from workflow_scripts.anonymization.methods.drop import Drop
from workflow_scripts.anonymization.methods.mask_objects import MaskObjects
from workflow_scripts.anonymization.variants import (
    IMAGES_ONLY,
    further_twins,
    is_unmodified,
    seed_offset,
    speed_of,
    twins_of,
)
from workflow_scripts.config.early import refuse_missing_files
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import group_of, images_of_twin
from workflow_scripts.contracts.settings import UNMODIFIED, CocoDataset
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.weights import weights_in, with_local_weights
from workflow_scripts.training.engines.command import CommandTraining

LONGEST_COMMAND = 120_000
"""Characters of the evaluations that one command is given; Linux takes 131,072 in all."""
NOT_OF_PREDICTIONS = {"on", "also", "every", "exposed"}
"""Keys of `evaluation:` that say what is done with predictions, not how they are made."""

NOT_OF_ATTACKS = {"margin", "limits", "second_detection", "membership"}
"""Keys of `privacy:` on which no attack depends."""


class Wildcards(Protocol):
    """Wildcards of a job; it has those that its outputs name."""

    variant: str
    seed: str | int
    split: str
    tested: str
    """Variant of the validation images; a job on the unmodified ones has no such wildcard."""
    further: str
    """Name of a further test set; jobs on the validation images have no such wildcard."""


def further_test(wildcards: Wildcards) -> str | None:
    """Name of the further test set in a job that tests a run on one."""
    return getattr(wildcards, "further", None)


def tested_on(wildcards: Wildcards) -> str:
    """Treatment of the validation images in a job that tests a run."""
    return getattr(wildcards, "tested", UNMODIFIED)


def settings_json(section: BaseModel, weights: Path | str = "") -> str:
    """A section as canonical JSON, defaults included.

    Args:
        section: of the config.
        weights: the folder of fetched weights. Their origin is not part of the JSON.
    """
    return canonical_json(with_local_weights(section, weights).model_dump(mode="json"))


class Jobs:
    """Settings, files and options of an experiment's jobs.

    Args:
        experiment: the config.

    Raises:
        UserError: the commands that make the tables cannot be given so many runs.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.expected = experiment.runs
        self.layout = Layout(experiment.folder)
        self.treatments: dict[str, Method] = {
            **experiment.variants,
            **{
                name: one
                for variant, settings in experiment.variants.items()
                for name, one in further_twins(variant, settings).items()
            },
        }
        """What images are made by: the variants, and the further twins of those that have some."""
        self._settings = {name: settings_json(one) for name, one in self.treatments.items()}
        self.runs = self.expected.layouts(self.layout.runs)
        """The files of each run."""
        named = [str(path) for path in self.all_evaluations()]
        if (length := len(" ".join(named))) > LONGEST_COMMAND:
            raise UserError(
                f"seeds: the paths of {len(named)} evaluations have {length} characters, more than "
                f"the {LONGEST_COMMAND} that one command can be given; take fewer seeds, variants "
                "or evaluation.on, or shorter names"
            )

    # Settings

    def config(self, _: object = None) -> str:
        """The whole config, as JSON, less where the results are."""
        content = self.experiment.model_dump(mode="json", exclude={"results"})
        for name, variant in self.experiment.variants.items():
            if twins_of(variant) > 1:
                content["variants"][name]["twins"] = twins_of(variant)  # no setting of the method
        if (seeds := self.experiment.training.initialisation_seeds) is not None:
            content["training"]["initialisation_seeds"] = seeds  # no setting of a training
        return canonical_json(content)

    def dataset_settings(self, _: object = None) -> str:
        """The section `dataset`, as JSON."""
        return settings_json(self.experiment.dataset)

    def pii_settings(self, _: object = None) -> str:
        """The section `pii` with the fetched weights, as JSON."""
        return settings_json(self.experiment.pii, self.layout.weights)

    def variant_settings(self, wildcards: Wildcards) -> str:
        """The settings of a variant's method, as JSON."""
        return self._settings[wildcards.variant]

    def settings_of_variants(self, _: object = None) -> str:
        """What determines each variant's images, by the variant's name, as JSON."""
        variants = {name: json.loads(self._settings[name]) for name in self.experiment.variants}
        for settings in variants.values():
            for key in ("seed_offset", "speed"):  # of trainings only
                settings.pop(key, None)
        return canonical_json(variants)

    def named_variant_settings(self, wildcards: Wildcards) -> str:
        """The settings of a variant's method by the variant's name, as JSON."""
        name = wildcards.variant
        return canonical_json({name: json.loads(self._settings[name])})

    def attack_settings(self, _: object = None) -> str:
        """The keys of the section `privacy` that the attacks depend on, as JSON."""
        privacy = with_local_weights(self.experiment.privacy, self.layout.weights)
        return canonical_json(privacy.model_dump(mode="json", exclude=NOT_OF_ATTACKS))

    def second_detection_settings(self, _: object = None) -> str:
        """The section `privacy.second_detection` with the fetched weights, as JSON."""
        return settings_json(self.experiment.privacy.second_detection, self.layout.weights)

    def picture_settings(self, _: object = None) -> str:
        """The key of the section `privacy` that an attacker's pictures depend on, as JSON."""
        return canonical_json({"regions": self.experiment.privacy.regions})

    def judging_settings(self, _: object = None) -> str:
        """The keys of the section `privacy` by which attacks are judged, as JSON."""
        privacy = self.experiment.privacy
        return canonical_json(privacy.model_dump(mode="json", include={"margin", "limits"}))

    def training_settings(self, wildcards: object = None) -> str:
        """The section `training`, as JSON; with a variant's own speed in a job of that variant."""
        return self.training_of(getattr(wildcards, "variant", None))

    def training_of(self, variant: str | None) -> str:
        """The section `training` as a variant is trained, as JSON."""
        if variant is None:
            return settings_json(self.experiment.training)
        training = self.experiment.training.for_training()
        speed = speed_of(self.experiment.variants[variant])
        return settings_json(training.model_copy(update={"speed": speed}) if speed else training)

    def prediction_settings(self, _: object = None) -> str:
        """The keys of the section `evaluation` that concern predictions, as JSON."""
        evaluation = self.experiment.evaluation
        return canonical_json(evaluation.model_dump(mode="json", exclude=NOT_OF_PREDICTIONS))

    def validation_settings(self, _: object, output: object) -> str:
        """How a model is tested while it trains, as JSON.

        Snakemake compares no params that are derived from `output`: this retrains nothing.
        """
        evaluation = self.experiment.evaluation
        return canonical_json(evaluation.model_dump(mode="json", exclude={"on", "also", "exposed"}))

    def validation_root(self, _: object, output: object) -> str:
        """The folder of the images for that; as little compared as how it is done."""
        return self.image_root("val")

    def statistics_settings(self, _: object = None) -> str:
        """The section `statistics` and the question, as JSON."""
        return settings_json(self.experiment.verdict_settings)

    def interval_settings(self, _: object = None) -> str:
        """The level of intervals, as JSON."""
        return canonical_json({"level": self.experiment.statistics.level})

    def report_settings(self, _: object = None) -> str:
        """Whether originals are shown, as JSON."""
        return canonical_json({"show_originals": self.experiment.shows_originals})

    def weights_settings(self, _: object = None) -> str:
        """All weights that the config names, as JSON by key."""
        weights = {key: one.model_dump(mode="json") for key, one in weights_in(self.experiment)}
        return canonical_json(weights)

    def sources_of_weights(self, _: object, output: object) -> str:
        """All weights that the config names, for the job that fetches one of them.

        Snakemake compares no params that are derived from `output`: another source is no reason to
        fetch the same content again.
        """
        return self.weights_settings()

    def expected_runs(self, _: object = None) -> str:
        """Variants, seeds and classes of the experiment, as JSON."""
        return canonical_json(self.expected.model_dump(mode="json", exclude_defaults=True))

    def aa_controls(self, _: object = None) -> list[str]:
        """The variants that are the reference again, under other seeds."""
        variants, reference = self.experiment.variants, self.experiment.reference
        return [
            name
            for name in variants
            if self.is_unmodified(name)
            and name != reference
            and speed_of(variants[name]) == speed_of(variants[reference])
        ]

    def positive_controls(self, _: object = None) -> list[str]:
        """The variants that have to come out worse: whole objects are masked."""
        variants = self.experiment.variants
        return [name for name in variants if isinstance(variants[name], MaskObjects)]

    def random_drops(self, _: object = None) -> list[str]:
        """The variants that leave out images at random, a control of those that choose them."""
        variants = self.experiment.variants.items()
        return [name for name, one in variants if isinstance(one, Drop) and one.at_random]

    def programs(self) -> list[str]:
        """The variants whose images a program of the user's makes."""
        return [
            name for name, one in self.experiment.variants.items() if isinstance(one, CommandMethod)
        ]

    def tested_on(self, wildcards: Wildcards) -> str:
        """Treatment of the validation images, or further test set, that a run is tested on."""
        return further_test(wildcards) or tested_on(wildcards)

    def all_tests(self, _: object = None) -> list[str]:
        """Treatments of the validation images that every run is tested on."""
        return list(self.experiment.evaluation.on)

    def seed_offset(self, wildcards: Wildcards) -> int:
        """Number that is added to a run's seed to train it; not 0 in an A/A control."""
        return seed_offset(self.experiment.variants[wildcards.variant])

    def initialisation_of(self, variant: str, seed: int) -> int | None:
        """Seed of a run's initial weights; None if it is the one that the run is trained with."""
        seeds = self.experiment.training.initialisation_seeds
        if seeds is None or (shared := group_of(seed, seeds)) == seed:
            return None
        return shared + seed_offset(self.experiment.variants[variant])

    def initialisation_option(self, wildcards: Wildcards, output: object) -> str:
        """`--initialisation-seed` of a run whose initial weights have a seed of their own.

        It is part of the run's fingerprint, and as little compared as what is derived from
        `output`: a run that has none stays what it was.
        """
        seed = self.initialisation_of(wildcards.variant, int(wildcards.seed))
        return "" if seed is None else f"--initialisation-seed {seed}"

    # Files, and options of commands

    def is_unmodified(self, variant: str) -> bool:
        """Whether a variant trains on the originals."""
        return is_unmodified(self.treatments[variant])

    def image_root(self, split: str) -> str:
        """The folder that the file names of a split are relative to."""
        roots = self.experiment.image_roots
        return str(roots[split] if roots else self.layout.drawn)

    def images(self, wildcards: Wildcards) -> str:
        """The folder of the original images of a job's split."""
        return self.image_root(wildcards.split)

    def training_images(self, _: object = None) -> str:
        """The folder of the original training images."""
        return self.image_root("train")

    def validation_images(self, wildcards: Wildcards) -> str:
        """The folder of the original validation images, or of a further test set's."""
        name = further_test(wildcards)
        also = self.experiment.evaluation.also
        return self.image_root("val") if name is None else str(also[name].images)

    def further_labels(self, wildcards: Wildcards) -> Path:
        """The annotation file of a further test set."""
        return self.experiment.evaluation.also[wildcards.further].annotations

    def further_settings(self, wildcards: Wildcards) -> str:
        """A further test set, as JSON; what the data set maps or ignores holds there, too."""
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
        """The manifest of a variant's training images; none for the originals.

        In a job of a run, that of the twin that the run trains on; else of the first twin.
        """
        name, seed = wildcards.variant, getattr(wildcards, "seed", None)
        if self.is_unmodified(name):
            return []
        images = name if seed is None else self.images_of(name, int(seed))
        return [self.layout.manifest(images, "train")]

    def images_of(self, variant: str, seed: int) -> str:
        """Name of the images that a run of a variant that changes something trains on."""
        twins = twins_of(self.experiment.variants[variant])
        return images_of_twin(variant, group_of(seed, twins))

    def manifests(self, _: object = None) -> list[Path]:
        """The manifests of the training images of all variants that change something."""
        names = [name for name in self.experiment.variants if not self.is_unmodified(name)]
        return [self.layout.manifest(name, "train") for name in names]

    def tested_manifest(self, wildcards: Wildcards) -> list[Path]:
        """The manifest of the validation images that a run is tested on; none for the originals."""
        name = tested_on(wildcards)
        return [] if name == UNMODIFIED else [self.layout.manifest(name, "val")]

    def anonymized_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with a variant's training images; empty for the originals."""
        return _folder_option(self.manifest(wildcards))

    def attacked(self, _: object = None) -> list[str]:
        """The variants that are attacked, behind the originals; none without attacks."""
        if not self.experiment.privacy.attacks:
            return []
        names = [name for name in self.experiment.variants if not self.is_unmodified(name)]
        return [UNMODIFIED, *names]

    def missed(self, _: object = None) -> list[Path]:
        """The estimate of what was missed, if a second detector is named."""
        return [self.layout.missed] if self.experiment.privacy.second_detection.detectors else []

    def missed_option(self, _: object = None) -> str:
        """`--missed` with this estimate, if there is one."""
        return _option("--missed", self.missed())

    def registration(self, _: object = None) -> list[Path]:
        """The plan as it was registered before the first run, if it was; no rule makes it."""
        return [self.layout.registration] if self.layout.registration.exists() else []

    def memberships(self, _: object = None) -> list[Path]:
        """The losses of each run's model on single images, if membership is attacked."""
        if self.experiment.privacy.membership is None:
            return []
        return [self.layout.membership(run) for run in self.runs]

    def membership_images(self, _: object = None) -> int:
        """Images of each group at most whose loss is computed."""
        membership = self.experiment.privacy.membership
        return membership.images if membership else 0

    def review(self, _: object = None) -> list[Path]:
        """The numbers of a person's review, if there are any; no rule makes them."""
        return [self.layout.review] if self.layout.review.exists() else []

    def review_option(self, _: object = None) -> str:
        """`--review` with these numbers, if there are any."""
        return _option("--review", self.review())

    def treated_pictures(self, wildcards: Wildcards) -> list[Path]:
        """The attacker's pictures treated as a variant is, if its method can treat them."""
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
        """The manifest of the images that are attacked; none for the originals."""
        return [] if wildcards.variant == UNMODIFIED else self.manifest(wildcards)

    def attacked_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with the images that are attacked; empty for the originals."""
        return _folder_option(self.attacked_manifest(wildcards))

    def method_option(self, wildcards: Wildcards) -> str:
        """The settings of the method that an attacker knows, as JSON."""
        known = self._settings.get(wildcards.variant)
        return known or canonical_json({"method": UNMODIFIED})

    def format_option(self, _: object = None) -> str:
        """`--as-originals` where images are made to be handed over."""
        return "--as-originals" if self.experiment.images_only else ""

    def tested_option(self, wildcards: Wildcards) -> str:
        """`--anonymized` with anonymized validation images; empty for the originals."""
        return _folder_option(self.tested_manifest(wildcards))

    def regions_option(self, _: object, input: Any) -> str:
        """`--regions` with the PII of the validation images, if exposed instances are evaluated."""
        # None are detected in further test sets.
        files = input.get("regions") if self.experiment.evaluation.exposed else None
        return _option("--regions", [files] if isinstance(files, str) else [*(files or [])])

    def index_inputs(self, _: object = None) -> list[Path]:
        """What has to be made before the index: drawn scenes.

        Raises:
            UserError: files that the config names are missing; this function is called whenever
                jobs are planned.
        """
        refuse_missing_files(self.experiment, self.layout)
        return [] if self.experiment.image_roots else [self.layout.drawn / "dataset.json"]

    def root_option(self, _: object = None) -> str:
        """`--root` with the drawn data set; empty where the images are the user's."""
        return "" if self.experiment.image_roots else _option("--root", [self.layout.drawn])

    def task_option(self, _: object = None) -> str:
        """`--task boxes` where the boxes of COCO files are read; other labels are read alike."""
        experiment = self.experiment
        reads_boxes = experiment.task is Task.BOXES and isinstance(experiment.dataset, CocoDataset)
        return f"--task {experiment.task}" if reads_boxes else ""

    def further_task(self, _: object = None) -> str:
        """What is read of the COCO files of further test sets."""
        return str(self.experiment.task)

    def gpus(self, wildcards: Wildcards) -> int:
        """How many GPUs a job that makes a variant's images asks for."""
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

        An environment of the user's has a Python of its own, which knows nothing of this project.
        Snakemake compares no params that are derived from `output`.
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
    """An option of a command with paths, as a shell takes them; empty without any."""
    return shlex.join([name, *map(str, paths)]) if paths else ""
