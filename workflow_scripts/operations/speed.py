"""Verification that fast trainings are equivalent to exact ones, as a separate experiment."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json
from plain_commands.section import validate
from program_runner.snakemake_bar import run_quietly

from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.fingerprint import ROOT
from workflow_scripts.config.experiment import Experiment, read_experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.speeds import SpeedVerification
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.verdicts import ExperimentVerdict
from workflow_scripts.operations.snakemake_call import SnakemakeCall

EXACT, FAST = "exact", "fast"
"""The two variants, and their speeds."""


@dataclass(frozen=True)
class SpeedCheck:
    """An experiment, and the runs that verify its fast training."""

    call: SnakemakeCall
    seeds: int
    """Number of runs per speed."""
    iterations: int | None
    """Steps of each run; None for those of the recipe."""

    @property
    def experiment(self) -> Experiment:
        """The experiment of the call."""
        return self.call.experiment

    @property
    def name(self) -> str:
        """Name of the experiment that compares the two speeds."""
        return f"{self.experiment.experiment}-speed"

    @property
    def layout(self) -> Layout:
        """Files of the experiment that compares the two speeds."""
        return Layout(self.call.directory / self.experiment.results / self.name)

    def config(self) -> dict[str, Any]:
        """The config: the data and the recipe, and one unmodified variant per speed.

        Raises:
            UserError: there is nothing to train, or the engine has no fast training or only a fixed
                length.
        """
        experiment = self.experiment
        if experiment.images_only:
            raise UserError("training.engine: none, so there is no speed to verify")
        training = experiment.training.model_copy(update={"speed": EXACT})
        if self.iterations is not None:
            training = training.shortened(self.iterations)
        content = experiment.model_dump(mode="json")
        return {
            **{key: content[key] for key in ("dataset", "statistics", "results")},
            "experiment": self.name,
            "training": training.model_dump(mode="json"),
            "variants": {
                speed: {"method": "unmodified", "speed": speed} for speed in (EXACT, FAST)
            },
            "reference": EXACT,
            "seeds": self.seeds,
            "evaluation": {**content["evaluation"], "on": ["unmodified"], "every": None}
            | {"exposed": False},
            "pii": {"faces": None, "license_plates": None, "only_on_labelled": False},
            "privacy": {"attacks": []},
        }

    def run(self) -> SpeedVerification:
        """Train, test and judge with both speeds; an interrupted call resumes.

        Raises:
            UserError: see `config`, or jobs failed.
        """
        content = self.config()
        read_experiment(content, "speed verify")
        prepare_commands(ROOT)
        self.layout.results.mkdir(parents=True, exist_ok=True)
        config, said = self.layout.results / "config.json", self.layout.results / "snakemake.log"
        write_json(config, content)
        target = Layout(self.experiment.results / self.name).table("verdict")
        # Snakemake uses only the last --configfile and --config, so the call's own are replaced.
        command = [str(target), "--snakefile", str(self.call.snakefile), *self.call.arguments]
        command += ["--configfile", str(config), "--config", f"experiment={self.name}"]
        errors = run_quietly(command, said, "verifying", log.info)
        if errors:
            errors.append(f"not finished; see {said}; the same command resumes")
            raise UserError("\n".join(errors))
        return self.verification()

    def verification(self) -> SpeedVerification:
        """Result from the finished runs."""
        file = self.layout.table("verdict")
        verdict: ExperimentVerdict = validate(ExperimentVerdict, read_json(file), str(file))
        (fast,) = verdict.variants
        seeds = tuple(range(1, self.seeds + 1))
        records = {
            speed: [TrainingRecord.read(self.layout.run(speed, seed).provenance) for seed in seeds]
            for speed in (EXACT, FAST)
        }
        devices = [name for of in records.values() for one in of for name in one.devices or ()]
        return SpeedVerification.model_validate(
            {
                "schema": 1,
                "fingerprint": Fingerprints(Jobs(self.experiment)).speed(),
                "seeds": seeds,
                "iterations": records[FAST][0].iterations,
                "overall": fast.over_all,
                "classes": tuple(fast.classes),
                "seconds": {
                    speed: mean(one.seconds or 0 for one in of) for speed, of in records.items()
                },
                "devices": tuple(dict.fromkeys(devices)),
            }
        )


def file_of(check: SpeedCheck) -> Path:
    """The file of the result, which the experiment's tables and report read."""
    return Layout(check.call.directory / check.experiment.folder).speed
