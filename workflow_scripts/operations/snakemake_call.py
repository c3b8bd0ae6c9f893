"""A planned call of Snakemake: its experiment, and the jobs that it would run."""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from program_runner.snakemake_bar import errors_in
from snakemake.cli import parse_args, parse_config
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import ConfigSettings
from snakemake.utils import update_config

from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.fingerprint import ROOT
from workflow_scripts.config.experiment import Experiment, experiment_of, read_config


@dataclass(frozen=True)
class Job:
    """A job that Snakemake would run, with its resources from the profiles."""

    rule: str
    wildcards: Mapping[str, str]
    local: bool
    """Whether the job runs locally, independent of the executor."""
    threads: int
    resources: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    patterns: tuple[str, ...]
    """Patterns for `glob` of all output files of the rule's jobs."""
    log: str | None
    command: str | None
    """Shell command; None if there is nothing to do."""


class SnakemakeCall:
    """`snakemake` with a user's arguments, such as profiles, config files and directory.

    Args:
        arguments: arguments of Snakemake. Invalid ones end the process, as in Snakemake itself.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = tuple(arguments)

    @classmethod
    def behind_dashes(cls, arguments: Sequence[str]) -> "SnakemakeCall":
        """The call that a user typed after `--`.

        Raises:
            UserError: it is empty, and no profile is set in the environment.
        """
        if not arguments and not os.environ.get("SNAKEMAKE_PROFILE"):
            raise UserError(
                "missing: the arguments of snakemake, after `--`, "
                "e.g. -- --profile profiles/local --configfile config.yaml"
            )
        return cls(arguments)

    @cached_property
    def options(self) -> argparse.Namespace:
        """The arguments as parsed by Snakemake, including those of the profiles."""
        return parse_args(["--snakefile", str(self.snakefile), *self.arguments])[1]

    @cached_property
    def snakefile(self) -> Path:
        """Path of the Snakefile: from the arguments, or this project's."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--snakefile", "-s", type=Path, default=ROOT / "Snakefile")
        return parser.parse_known_args(self.arguments)[0].snakefile

    @property
    def directory(self) -> Path:
        """Working directory of the jobs, which contains `results`."""
        return Path(self.options.directory or ".").resolve()

    @cached_property
    def experiment(self) -> Experiment:
        """Experiment of the call.

        Raises:
            UserError: a config file is missing or invalid; one line per finding.
        """
        files = [Path(file) for file in self.options.configfile or ()]
        for file in files:
            read_config(file)
        try:
            given = ConfigSettings(config=parse_config(self.options.config), configfiles=files)
            config = {} if files else load_configfile(str(self.snakefile.parent / "config.yaml"))
        except (WorkflowError, OSError, ValueError) as error:
            raise UserError(" ".join(str(error).split())) from None
        update_config(config, given.overwrite_config)
        return experiment_of(config, files)

    def with_config(self, *entries: str) -> "SnakemakeCall":
        """The same call with other config entries, such as `seeds=10`."""
        # Snakemake uses only the last --config.
        entries = (*(self.options.config or ()), *entries)
        return SnakemakeCall([*self.arguments, "--config", *entries])

    def typed(self, *targets: str) -> str:
        """The command line of the call for some targets."""
        # After an option with several values, targets would count as further values.
        return shlex.join(["snakemake", *targets, *self.arguments])

    def jobs(self, *targets: str) -> list[Job]:
        """The jobs that Snakemake would run now, each after its dependencies.

        Before the data set is indexed, the jobs of its shards are missing.

        Args:
            targets: files or rules (default: everything that the workflow makes).

        Raises:
            UserError: Snakemake's error.
        """
        prepare_commands(ROOT)
        command = [sys.executable, "-m", "workflow_scripts.operations.listing_executor"]
        with tempfile.TemporaryDirectory() as folder:
            listing = Path(folder) / "jobs.jsonl"
            listing.touch()
            options = ["--snakefile", str(self.snakefile), *self.arguments]
            done = subprocess.run(
                [*command, str(listing), *options, "--", *targets],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                raise UserError("\n".join(f"snakemake: {line}" for line in errors_in(done.stdout)))
            return [_job(json.loads(line)) for line in listing.read_text("utf-8").splitlines()]


def _job(found: dict[str, Any]) -> Job:
    lists = {name: tuple(found[name]) for name in ("inputs", "outputs", "patterns")}
    return Job(**{**found, **lists})


def gpus_to_use(resources: Mapping[str, Any]) -> int:
    """Number of GPUs that a job's command uses: all requested ones, by either resource name.

    `use_gpus` overrides it: with 0, a job with GPUs computes on the CPU, to test a cluster setup.

    Args:
        resources: the job's `gpu` (a number) or `gres` (such as `gpu:4` or `gpu:a100:4`).
    """
    use = resources.get("use_gpus")
    if use is not None:
        return int(use)
    kind, *model_and_number = str(resources.get("gres") or "").split(":")
    if kind == "gpu":
        number = model_and_number[-1] if model_and_number else "1"
        return int(number) if number.isdigit() else 1
    return int(resources.get("gpu") or 0)


def minutes_to_use(resources: Mapping[str, Any]) -> float | None:
    """Minutes after which a job's command has to save and stop; None without a limit.

    Args:
        resources: the job's `runtime`, its walltime in minutes, and `save_before_end`, which is
            only set in profiles that enforce the walltime.
    """
    margin = resources.get("save_before_end")
    if margin is None:
        return None
    left = resources["runtime"] - float(margin)
    # If the margin is longer than the job, a tenth of the job's time is used.
    return left if left > 0 else 0.1 * resources["runtime"]
