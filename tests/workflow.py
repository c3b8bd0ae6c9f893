"""Driving Snakemake from tests: one working folder, one config, plans and runs."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests import preloaded

PROJECT = Path(__file__).resolve().parent.parent


def copy_of_project(folder: Path) -> Path:
    """A copy of the project's files, as a clone has them: with the times of now."""
    ignored = shutil.ignore_patterns(
        *(".git", ".venv", ".snakemake", ".pytest_cache", ".ruff_cache", "results"),
        *("__pycache__", "node_modules"),
    )
    shutil.copytree(PROJECT, folder, ignore=ignored, copy_function=shutil.copyfile)
    return folder


def made_once(folder: Path, make: Callable[[], object]) -> Path:
    """A folder that the first of pytest's workers fills, while the others wait.

    Args:
        folder: below the fixture `shared_folder`.
        make: fills it.
    """
    folder.mkdir(exist_ok=True)
    made = folder / ".made"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make()
            made.touch()
    return folder


@dataclass
class Workflow:
    """An experiment in a folder of its own."""

    folder: Path
    config: dict[str, Any]
    profile: str = "profiles/local"
    project: Path = PROJECT
    environment: dict[str, str] = field(default_factory=dict)
    site: Path | None = None
    """A second profile, whose entries replace those of the first."""

    @property
    def results(self) -> Path:
        """Where the experiment's files lie."""
        return self.folder / "results" / self.config["experiment"]

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake and return what it said; it may have failed."""
        if preloaded.PYTHON in self.environment and self.project == PROJECT:
            return self._preloaded(*arguments)
        return subprocess.run(
            self.command(*arguments), **self.surroundings(), timeout=3600, check=False
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake; what it says is to be read from its `stdout`."""
        return subprocess.Popen(self.command(*arguments), **self.surroundings())

    def command(self, *arguments: str) -> list[str]:
        """Snakemake's command line for this experiment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "experiment.yaml"
        config.write_text(yaml.safe_dump(self.config, sort_keys=False))
        command = [
            *(sys.executable, "-m", "snakemake"),
            *("--snakefile", self.project / "Snakefile"),
            *("--profile", self.project / self.profile),
            *(("--profile", self.site) if self.site else ()),
            *("--configfile", config, "--directory", self.folder),
            *arguments,
        ]
        return list(map(str, command))

    def call(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the project's commands that take Snakemake's arguments; it may fail."""
        words = ["workflow_scripts", name, *arguments, "--", *self.command()[3:]]
        return preloaded.run(words, self.project, self.surroundings()["env"])

    def surroundings(self) -> dict[str, Any]:
        """Where and how Snakemake's process runs, for `subprocess`."""
        return {
            "cwd": self.folder,
            "env": {**os.environ, **self.environment},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
        }

    def run(self, *arguments: str) -> str:
        """Run Snakemake, which has to succeed."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def dry_run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Let Snakemake plan, without the time that its start takes; it may fail."""
        if self.project != PROJECT:
            return self.snakemake("--dry-run", *arguments)
        return self._preloaded("--dry-run", *arguments)

    def _preloaded(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = self.command(*arguments)[2:]
        return preloaded.run(words, self.folder, {**os.environ, **self.environment})

    def plan(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule Snakemake would run now, without `all`."""
        done = self.dry_run(*arguments)
        said = done.stdout
        assert done.returncode == 0, said
        if "Nothing to be done" in said:
            return {}
        table = said.split("Job stats:\n", 1)[1].split("\n\n", 1)[0]
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
        jobs.pop("total")
        jobs.pop("all", None)
        return jobs
