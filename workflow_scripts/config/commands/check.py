"""`config`: check a config file."""

import json

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.common.cli import File, NewFile
from workflow_scripts.config.experiment import Experiment, read_config, read_experiment


def schema_text() -> str:
    """The JSON schema of config files, for editors and for `config.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Experiment.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def check(config: File | None = None, /, *, schema: NewFile | None = None) -> None:
    """Check a config file, or write the JSON schema of config files.

    Args:
        config: the config file to check.
        schema: file for the JSON schema.

    Raises:
        UserError: one line per finding.
    """
    if config is None and schema is None:
        raise UserError("missing: a config file to check, or --schema FILE")
    if schema:
        write_text(schema, schema_text())
    if config:
        experiment = read_experiment(read_config(config), str(config))
        if experiment.images_only:
            log.info(
                "%s: images only, nothing is trained; variants: %s",
                *(config, ", ".join(experiment.variants)),
            )
            return
        log.info(
            "%s: %s, %s, %s",
            config,
            counted(len(experiment.variants), "variant"),
            counted(len(experiment.runs.seeds), "seed"),
            counted(
                sum(len(experiment.runs.seeds_of(name)) for name in experiment.variants), "run"
            ),
        )
