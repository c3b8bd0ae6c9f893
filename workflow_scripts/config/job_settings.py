"""Settings that the jobs of an experiment are given.

Each job gets only the settings that concern it, as JSON.
"""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol

from plain_commands.files import canonical_json
from pydantic import BaseModel

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.command import CommandMethod
from workflow_scripts.anonymization.methods.drop import Drop
from workflow_scripts.anonymization.methods.mask_objects import MaskObjects
from workflow_scripts.anonymization.variants import (
    further_twins,
    is_unmodified,
    seed_offset,
    speed_of,
    twins_of,
)
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import group_of
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.contracts.weights import weights_in, with_local_weights

NOT_OF_PREDICTIONS = {"on", "also", "every", "exposed"}
"""Keys of `evaluation:` that concern the use of predictions, not how they are made."""

NOT_OF_ATTACKS = {"margin", "limits", "second_detection", "membership"}
"""Keys of `privacy:` on which no attack depends."""


class Wildcards(Protocol):
    """Wildcards of a job: those that its outputs name."""

    variant: str
    seed: str | int
    split: str
    tested: str
    """Variant of the validation images; absent in jobs on the unmodified ones."""
    further: str
    """Name of a further test set; absent in jobs on the validation images."""


def further_test(wildcards: Wildcards) -> str | None:
    """Name of the further test set in a job that tests a run on one."""
    return getattr(wildcards, "further", None)


def tested_on(wildcards: Wildcards) -> str:
    """Treatment of the validation images in a job that tests a run."""
    return getattr(wildcards, "tested", UNMODIFIED)


def settings_json(section: BaseModel, weights: Path | str = "") -> str:
    """A section as canonical JSON, defaults included.

    Args:
        section: a section of the config.
        weights: the folder of fetched weights, whose origin is not part of the JSON.
    """
    return canonical_json(with_local_weights(section, weights).model_dump(mode="json"))


class JobSettings:
    """Settings of an experiment's jobs.

    Args:
        experiment: the config.
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
        """Settings by image set: the variants, and further twins of variants with several."""
        self._settings = {
            name: settings_json(one, self.layout.weights) for name, one in self.treatments.items()
        }
        # Many jobs ask for the same.
        self._training_of = cache(self._training_by)

    def is_unmodified(self, variant: str) -> bool:
        """Whether a variant trains on the originals."""
        return is_unmodified(self.treatments[variant])

    def image_root(self, split: str) -> str:
        """The folder that the file names of a split are relative to."""
        roots = self.experiment.image_roots
        return str(roots[split] if roots else self.layout.drawn)

    def config(self, _: object = None) -> str:
        """The whole config without the location of the results, as JSON."""
        content = self.experiment.model_dump(mode="json", exclude={"results"})
        for name, variant in self.experiment.variants.items():
            if twins_of(variant) > 1:
                content["variants"][name]["twins"] = twins_of(variant)  # not of the method
        if (seeds := self.experiment.training.initialisation_seeds) is not None:
            content["training"]["initialisation_seeds"] = seeds  # not a setting of the training
        return canonical_json(content)

    def dataset_settings(self, _: object = None) -> str:
        """The section `dataset`, as JSON."""
        return settings_json(self.experiment.dataset)

    def pii_settings(self, _: object = None, output: object = None) -> str:
        """The section `pii` with the fetched weights, as JSON.

        Snakemake compares no params that are derived from `output`: the fingerprint covers the
        section, and the content of the files that it names instead of their paths.
        """
        return settings_json(self.experiment.pii, self.layout.weights)

    def variant_settings(self, wildcards: Wildcards) -> str:
        """The settings of a variant's method, as JSON."""
        return self._settings[wildcards.variant]

    def settings_of_variants(self, _: object = None) -> str:
        """Settings that determine each variant's images, by the variant's name, as JSON."""
        variants = {name: json.loads(self._settings[name]) for name in self.experiment.variants}
        for settings in variants.values():
            for key in ("seed_offset", "speed"):  # for trainings only
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

    def second_detection_settings(self, _: object = None, output: object = None) -> str:
        """The section `privacy.second_detection` with the fetched weights; not compared either."""
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
        return self._training_of(variant)

    def _training_by(self, variant: str | None) -> str:
        if variant is None:
            return settings_json(self.experiment.training)
        training = self.experiment.training.for_training()
        speed = speed_of(self.experiment.variants[variant])
        return settings_json(training.model_copy(update={"speed": speed}) if speed else training)

    def prediction_settings(self, _: object = None) -> str:
        """The keys of the section `evaluation` that concern predictions, as JSON."""
        return self._prediction_settings

    @cached_property
    def _prediction_settings(self) -> str:
        evaluation = self.experiment.evaluation
        return canonical_json(evaluation.model_dump(mode="json", exclude=NOT_OF_PREDICTIONS))

    def validation_settings(self, _: object, output: object) -> str:
        """How a model is tested while it trains, as JSON.

        Snakemake compares no params that are derived from `output`: this retrains nothing.
        """
        evaluation = self.experiment.evaluation
        return canonical_json(evaluation.model_dump(mode="json", exclude={"on", "also", "exposed"}))

    def validation_root(self, _: object, output: object) -> str:
        """The folder of the images for that; not compared by Snakemake either."""
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
        """All weights that the config names, as a param of the job that fetches one of them.

        Snakemake compares no params that are derived from `output`: a new source does not fetch the
        same content again.
        """
        return self.weights_settings()

    def expected_runs(self, _: object = None) -> str:
        """Variants, seeds and classes of the experiment, as JSON."""
        return canonical_json(self.expected.model_dump(mode="json", exclude_defaults=True))

    def further_tables(self) -> tuple[str, ...]:
        """Tables that the config asks for besides Table II, the verdict and the privacy table."""
        asked = {
            "exposed": self.experiment.evaluation.exposed,
            "cross": self.experiment.further_tests,
        }
        return tuple(name for name in asked if asked[name])

    def expected_results(self) -> ExpectedRuns:
        """The expected runs, and the results that the config asks for besides the usual ones."""
        asked = {"tables": self.further_tables(), "also": tuple(self.experiment.evaluation.also)}
        return self.expected.model_copy(update=asked)

    def aa_controls(self, _: object = None) -> list[str]:
        """A/A controls: variants that repeat the reference with other seeds."""
        variants, reference = self.experiment.variants, self.experiment.reference
        return [
            name
            for name in variants
            if self.is_unmodified(name)
            and name != reference
            and speed_of(variants[name]) == speed_of(variants[reference])
        ]

    def positive_controls(self, _: object = None) -> list[str]:
        """Positive controls: variants that mask whole objects and must come out worse."""
        variants = self.experiment.variants
        return [name for name in variants if isinstance(variants[name], MaskObjects)]

    def random_drops(self, _: object = None) -> list[str]:
        """Variants that drop images at random, as a control for those that drop chosen ones."""
        variants = self.experiment.variants.items()
        return [name for name, one in variants if isinstance(one, Drop) and one.at_random]

    def programs(self) -> list[str]:
        """Variants whose images a program of the user makes."""
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
        """Offset added to a run's seed for training; not 0 in an A/A control."""
        return seed_offset(self.experiment.variants[wildcards.variant])

    def initialisation_of(self, variant: str, seed: int) -> int | None:
        """Seed of a run's initial weights; None if it equals the training seed."""
        seeds = self.experiment.training.initialisation_seeds
        if seeds is None or (shared := group_of(seed, seeds)) == seed:
            return None
        return shared + seed_offset(self.experiment.variants[variant])

    def initialisation_option(self, wildcards: Wildcards, output: object) -> str:
        """`--initialisation-seed` of a run whose initial weights have their own seed.

        The seed is part of the run's fingerprint, and Snakemake does not compare it, as if it were
        derived from `output`: runs without one stay unchanged.
        """
        seed = self.initialisation_of(wildcards.variant, int(wildcards.seed))
        return "" if seed is None else f"--initialisation-seed {seed}"
