"""An executor for Snakemake that lists the jobs instead of running them.

`python -m workflow_scripts.operations.listing_executor FILE …`, with Snakemake's arguments after
the file: a dry run that writes a line of JSON per job to the file, dependencies first.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from snakemake import cli
from snakemake.executors import dryrun
from snakemake.io import strip_wildcard_constraints
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

NAME = "listing"
FILE = "LISTING_EXECUTOR_FILE"
"""The environment variable with the file's path, since Snakemake creates the executor."""

common_settings = dryrun.common_settings


class Executor(dryrun.Executor):
    """The executor of `--dry-run`, with a list as output."""

    def run_job(self, job: Any) -> None:
        """Write one job, or the jobs of a group, and report success."""
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as stream:
            if job.is_group():
                job.finalize()  # sorts the group's jobs
            for one in job if job.is_group() else [job]:
                stream.write(json.dumps(self._described(one)) + "\n")
        super().run_job(job)

    def _described(self, job: Any) -> dict[str, Any]:
        resources = job.resources.items()
        return {
            "rule": job.rule.name,
            "wildcards": job.wildcards_dict,
            # `workflow.is_local` is true for all jobs of a dry run.
            "local": job.rule.norun or job.rule.name in self.workflow._localrules,
            "threads": job.threads,
            "resources": {name: value for name, value in resources if isinstance(value, int | str)},
            "inputs": [str(file) for file in job.input],
            "outputs": [str(file) for file in job.output],
            "log": str(job.log[0]) if job.log else None,
            "patterns": [_pattern(file) for file in job.rule.output],
            "command": job.shellcmd,
        }


def _pattern(output: Any) -> str:
    """A rule's output as a pattern for `glob`, with a star per wildcard."""
    return re.sub(r"\{\w+\}", "*", strip_wildcard_constraints(str(output)))


def main(argv: list[str]) -> None:
    """Let Snakemake plan."""
    os.environ[FILE], *arguments = argv
    ExecutorPluginRegistry().register_plugin(NAME, sys.modules[__name__])
    cli.main(["--executor", NAME, "--quiet", "rules", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
