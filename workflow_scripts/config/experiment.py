"""The whole config: one experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plain_commands.section import validate
from plain_commands.texts import read_yaml
from pydantic import field_validator, model_validator

from workflow_scripts.anonymization.methods.drop import Drop
from workflow_scripts.anonymization.variants import is_unmodified, seed_offset, speed_of, twins_of
from workflow_scripts.config.image_checks import ImageChecks
from workflow_scripts.contracts.run_layout import group_of
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.contracts.tasks import Task


class Experiment(ImageChecks):
    """One experiment: data set, variants, seeds, recipe. Results lie in a folder of its name."""

    @model_validator(mode="before")
    @classmethod
    def _trainings_have_the_task(cls, content: Any) -> Any:
        training = content.get("training") if isinstance(content, dict) else None
        if not isinstance(training, dict) or training.get("engine") == "none":
            return content
        task = content.get("task", Task.MASKS)
        if task not in list(Task):
            return content
        if training.get("task", task) != task:
            raise ValueError(
                f"training.task: {training['task']!r}, but `task` at the top of the config is "
                f"{str(task)!r}; remove this one"
            )
        return {**content, "training": {**training, "task": task}}

    @field_validator("seeds", mode="after")
    @classmethod
    def _seeds_are_distinct(cls, seeds: int | tuple[int, ...]) -> int | tuple[int, ...]:
        if isinstance(seeds, tuple):
            twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
            if twice:
                raise ValueError(
                    f"{', '.join(map(str, twice))} is listed twice; give each run its own"
                )
            if not seeds:
                raise ValueError("an empty list; name at least one seed")
        return seeds

    @model_validator(mode="after")
    def _twins_differ_and_are_trained_on(self) -> "Experiment":
        for name, one in self.variants.items():
            if twins_of(one) == 1:
                continue
            if self.images_only:
                raise ValueError(
                    f"variants.{name}.twins: dataset.kind images trains nothing, so there are no "
                    "runs to spread; remove it"
                )
            if isinstance(one, Drop) and not one.at_random:
                raise ValueError(
                    f"variants.{name}.twins: without at_random all twins would drop the same "
                    "images; remove it"
                )
            self._refuse_idle_groups(f"variants.{name}.twins", twins_of(one), "twins")
        return self

    @model_validator(mode="after")
    def _initialisations_are_told_from_the_rest(self) -> "Experiment":
        initialisations = self.training.initialisation_seeds
        if initialisations is None:
            return self
        key = "training.initialisation_seeds"
        self._refuse_idle_groups(key, initialisations, "initialisations")
        for name, one in self.variants.items():
            runs = len(self.seeds_with_looks(name))
            if 1 < twins_of(one) < runs and initialisations < runs:
                raise ValueError(
                    f"{key}: {name} spreads its {runs} runs over {twins_of(one)} twins as well, so "
                    "their effects could not be separated; remove one, or set twins: "
                    f"{runs}"
                )
        return self

    def _refuse_idle_groups(self, key: str, groups: int, noun: str) -> None:
        """Refuse seeds that do not use all groups that runs are spread over.

        Raises:
            ValueError: runs would share groups unnecessarily.
        """
        used = {group_of(seed, groups) for seed in self.run_seeds}
        if len(used) < min(groups, len(self.run_seeds)):
            raise ValueError(
                f"{key}: seeds {', '.join(map(str, self.run_seeds))} fall on {len(used)} of "
                f"{groups} {noun} (1 + (seed - 1) mod {noun}); use consecutive seeds, or another "
                f"number of {noun}"
            )

    @model_validator(mode="after")
    def _originals_keep_their_name(self) -> "Experiment":
        variant = self.variants.get(UNMODIFIED)
        if variant is not None and not is_unmodified(variant):
            raise ValueError(
                f"variants.{UNMODIFIED}: this name is reserved for the originals, but the variant "
                f"has method {variant.method}; choose another name"
            )
        return self

    @model_validator(mode="after")
    def _reference_is_unmodified(self) -> "Experiment":
        if self.images_only:
            return self
        if self.reference not in self.variants:
            raise ValueError(
                f"reference: unknown variant {self.reference!r}; known: {', '.join(self.variants)}"
            )
        if not is_unmodified(self.variants[self.reference]):
            raise ValueError(f"reference: variant {self.reference!r} is not of method unmodified")
        if len(self.variants) == 1 and not self.images_only:
            raise ValueError("variants: only the reference; add a variant to compare with it")
        return self

    @model_validator(mode="after")
    def _no_training_is_there_twice(self) -> "Experiment":
        owners: dict[tuple[int, str], str] = {}
        for name, variant in self.variants.items():
            if not is_unmodified(variant):
                continue
            speed = speed_of(variant) or self.training.speed
            # Interim looks add no runs to A/A controls.
            is_reference = name == self.reference
            seeds = self.seeds_with_looks(name) if is_reference else self.runs.seeds_of(name)
            runs = [(seed + seed_offset(variant), speed) for seed in seeds]
            same = [run for run in runs if run in owners]
            if same:
                raise ValueError(
                    f"variants.{name}.seed_offset: with seed {same[0][0]} it would repeat the "
                    f"training of variant {owners[same[0]]!r}; choose an offset far from the "
                    "seeds, such as 1000"
                )
            owners.update(dict.fromkeys(runs, name))
        return self

    @model_validator(mode="after")
    def _speeds_of_variants_are_possible(self) -> "Experiment":
        for name, variant in self.variants.items():
            if speed_of(variant) == "fast" and getattr(self.training, "deterministic", False):
                raise ValueError(
                    f"variants.{name}.speed: fast, but training.deterministic: true requires runs "
                    "that repeat bit for bit; set it to false"
                )
        return self

    @model_validator(mode="after")
    def _more_seeds_are_new(self) -> "Experiment":
        for name, seeds in self.more_seeds.items():
            if name not in self.variants:
                raise ValueError(
                    f"more_seeds: unknown variant {name!r}; known: {', '.join(self.variants)}"
                )
            all_seeds = self.runs.seeds_of(name)
            twice = [seed for seed in seeds if all_seeds.count(seed) > 1]
            if twice:
                raise ValueError(
                    f"more_seeds.{name}: {name} has seed {twice[0]} already; give each run its own"
                )
        return self

    @model_validator(mode="after")
    def _tests_are_variants(self) -> "Experiment":
        on = self.evaluation.on
        if UNMODIFIED not in on:
            raise ValueError(
                f"evaluation.on: {UNMODIFIED!r} is missing; only the cross test does without it"
            )
        for name in on:
            if on.count(name) > 1:
                raise ValueError(f"evaluation.on: {name!r} is listed twice; name it once")
            if name == UNMODIFIED:
                continue
            if name not in self.variants:
                raise ValueError(
                    f"evaluation.on: unknown variant {name!r}; known: {', '.join(self.variants)}"
                )
            if is_unmodified(self.variants[name]):
                raise ValueError(
                    f"evaluation.on: variant {name!r} changes no image; "
                    f"use {UNMODIFIED!r} for the original images"
                )
            if isinstance(self.variants[name], Drop):
                raise ValueError(
                    f"evaluation.on: variant {name!r} drops images, but models are tested on all "
                    "of them; remove it from the list"
                )
        return self

    @model_validator(mode="after")
    def _further_tests_fit(self) -> "Experiment":
        for name, test in self.evaluation.also.items():
            key = f"evaluation.also.{name}"
            if name == UNMODIFIED or name in self.variants:
                raise ValueError(f"{key}: a variant already has this name; choose another")
            for source, target in test.class_mapping.items():
                if target not in self.classes:
                    raise ValueError(
                        f"{key}.class_mapping.{source}: {target!r} is not one of the classes "
                        f"{', '.join(self.classes)}"
                    )
            if both := sorted({*self.classes} & {*test.ignored_classes}):
                raise ValueError(f"{key}.ignored_classes: {both[0]!r} is one of the classes")
            if self.images_only:
                raise ValueError(
                    f"{key}: dataset.kind images trains nothing, so nothing is tested; remove it"
                )
        return self


def experiment_of(config: Any, files: Sequence[Path]) -> Experiment:
    """The experiment that a call of Snakemake names.

    Args:
        config: the merged content of the config files and of `--config`.
        files: the files of `--configfile`; if empty, the project's config.yaml.

    Raises:
        UserError: one line per finding, each with its key, or with file and line.
    """
    # Snakemake does not report values that YAML 1.1 misreads, such as a bare `on`.
    for file in files:
        read_config(file)
    return read_experiment(config, " + ".join(map(str, files)) or "config.yaml")


def read_config(path: Path) -> Any:
    """Content of a config file; see `read_yaml`."""
    return read_yaml(path, {("evaluation", "on")})


def read_experiment(content: Any, where: str) -> Experiment:
    """Make an experiment from plain content.

    Args:
        content: mappings, lists and scalars, as read from YAML.
        where: the config file, for errors.

    Raises:
        UserError: one line per finding, each with its key.
    """
    return validate(Experiment, content, where)
