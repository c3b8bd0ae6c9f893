"""A call of Snakemake that has not been made: its experiment, and the jobs that it would run."""

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
from snakemake.cli import parse_args, parse_config
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import ConfigSettings
from snakemake.utils import update_config

from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.fingerprint import ROOT
from workflow_scripts.config.experiment import Experiment, experiment_of, read_config

LINES_OF_ERROR = 5
"""Number of Snakemake's last lines that are shown if it fails."""


@dataclass(frozen=True)
class Job:
    """A job that Snakemake would run, with the resources that the profiles give it."""

    rule: str
    wildcards: Mapping[str, str]
    local: bool
    """Whether the job runs beside Snakemake, whatever the executor."""
    threads: int
    resources: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    patterns: tuple[str, ...]
    """Patterns for `glob` of all files that jobs of the rule make."""
    log: str | None
    command: str | None
    """Shell command; None if there is nothing to do."""


class SnakemakeCall:
    """`snakemake` with some arguments: profiles, config files, the directory, as a user gives them.

    Args:
        arguments: of Snakemake. What it refuses ends the process, as Snakemake itself does.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = tuple(arguments)

    @classmethod
    def behind_dashes(cls, arguments: Sequence[str]) -> "SnakemakeCall":
        """The call that a user typed behind `--`.

        Raises:
            UserError: nothing stands there, and no profile is set in the environment either.
        """
        if not arguments and not os.environ.get("SNAKEMAKE_PROFILE"):
            raise UserError(
                "missing: the arguments of snakemake, behind `--`, "
                "e.g. -- --profile profiles/local --configfile config.yaml"
            )
        return cls(arguments)

    @cached_property
    def options(self) -> argparse.Namespace:
        """The arguments as Snakemake understands them, those of the profiles included."""
        return parse_args(["--snakefile", str(self.snakefile), *self.arguments])[1]

    @cached_property
    def snakefile(self) -> Path:
        """The arguments' own, or this project's."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--snakefile", "-s", type=Path, default=ROOT / "Snakefile")
        return parser.parse_known_args(self.arguments)[0].snakefile

    @property
    def directory(self) -> Path:
        """The folder that holds `results`, and in which the jobs' commands run."""
        return Path(self.options.directory or ".").resolve()

    @cached_property
    def experiment(self) -> Experiment:
        """What the call works on.

        Raises:
            UserError: a config file is missing, or a line a finding.
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
        """The same call with some entries of the config set otherwise, such as `seeds=10`."""
        # Of several --config, Snakemake takes the last.
        entries = (*(self.options.config or ()), *entries)
        return SnakemakeCall([*self.arguments, "--config", *entries])

    def typed(self, *targets: str) -> str:
        """The call for some targets, as it is typed."""
        # An option that takes several values would take targets behind it for more.
        return shlex.join(["snakemake", *targets, *self.arguments])

    def jobs(self, *targets: str) -> list[Job]:
        """The jobs that Snakemake would run now, each behind those that it depends on.

        Until the data set is indexed, the jobs of its shards are not among them.

        Args:
            targets: files or rules; all that the workflow makes if there are none.

        Raises:
            UserError: what Snakemake says against it.
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
                said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
                raise UserError("\n".join(f"snakemake: {line}" for line in said[-LINES_OF_ERROR:]))
            return [_job(json.loads(line)) for line in listing.read_text("utf-8").splitlines()]


def _job(found: dict[str, Any]) -> Job:
    lists = {name: tuple(found[name]) for name in ("inputs", "outputs", "patterns")}
    return Job(**{**found, **lists})


def gpus_to_use(resources: Mapping[str, Any]) -> int:
    """Number of GPUs that a job's command uses: all that were requested, by either name.

    `use_gpus` overrides it: 0 computes on the CPU of a job that has GPUs, to rehearse a cluster.

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
        resources: the job's `runtime`, its walltime in minutes, and `save_before_end`, which only
            profiles set whose walltime is enforced.
    """
    margin = resources.get("save_before_end")
    if margin is None:
        return None
    left = resources["runtime"] - float(margin)
    # A margin that is longer than the job leaves a tenth of it.
    return left if left > 0 else 0.1 * resources["runtime"]
