"""The command that checks a config file, and writes the JSON schema of config files."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command, main_of, read_yaml
from workflow_scripts.common.console import log
from workflow_scripts.common.files import write_text
from workflow_scripts.config.experiment import Experiment, read_experiment


def schema_text() -> str:
    """The JSON schema of config files, for editors and for `config.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Experiment.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m workflow_scripts.config`."""
    command = Command("workflow_scripts.config", "Check a config file, or write their schema.")
    command.argument("config", type=Path, nargs="?", help="the config file to check")
    command.argument("--schema", type=Path, metavar="FILE", help="write the JSON schema here")
    return command.run(_run, argv)


def _run(arguments: argparse.Namespace) -> None:
    if arguments.schema:
        write_text(arguments.schema, schema_text())
    if arguments.config:
        experiment = read_experiment(read_yaml(arguments.config), str(arguments.config))
        log.info(
            "%s: %d variants, %d seeds, %d runs",
            arguments.config,
            len(experiment.variants),
            len(experiment.run_seeds),
            sum(len(experiment.runs.seeds_of(variant)) for variant in experiment.variants),
        )


if __name__ == "__main__":
    main_of(main)
