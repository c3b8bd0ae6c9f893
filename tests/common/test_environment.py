"""The environment of the rules' commands."""

import subprocess
from pathlib import Path

import pytest
from plain_commands.errors import UserError
from slurm_repairs.executor import for_double_quotes
from snakemake.cli import parse_config
from snakemake_interface_executor_plugins.utils import format_cli_arg

from workflow_scripts.common.environment import config_arguments, prepare_commands


def test_a_checkout_that_python_cannot_import_from_is_refused() -> None:
    with pytest.raises(UserError, match="/a:b: Python cannot import from a path that contains ':'"):
        prepare_commands(Path("/a:b"))


@pytest.mark.parametrize(
    "typed",
    [
        "seeds=3",
        "training=",
        "full=True",
        "experiment=mine",
        "dataset={root: /data/cityscapes}",
        "dataset={root: '/data/$HOME `date`'}",
        "dataset={root: /data/it's}",
        """dataset={root: 'both " and '' quotes', n: 3}""",
        r"statistics={image_groups: '^[a-z]+_\d{6}$'}",
        "variants={a: {command: 'x \"{input}\" $(y) \\\\'}, b: [1, 2]}",
        "experiment=größe",
        r"results=/data/a\b",
        """results=/data/it's "mine" here""",
        """results= 'a: b # "c"' """,
    ],
)
def test_config_reaches_jobs_as_it_was_typed(typed):
    config = parse_config([typed])
    assert config
    command = format_cli_arg("--config", config_arguments(config))
    # Snakemake's jobs on this machine: one shell.
    assert parse_config(words_of_shell(command)[1:]) == config

    # A job of Slurm: the submitting shell, with the plugin's escapes, then the job's.
    escaped = for_double_quotes(command).replace('"', '\\"')
    (wrapped,) = words_of_shell(f'"{escaped}"')
    assert wrapped == command
    # The job's Snakemake passes it on once more.
    there = parse_config(words_of_shell(wrapped)[1:])
    again = format_cli_arg("--config", config_arguments(there))
    assert parse_config(words_of_shell(again)[1:]) == config


def words_of_shell(text: str) -> list[str]:
    """The words that a shell makes of a text."""
    done = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' {text}"], capture_output=True, text=True, check=True
    )
    return done.stdout.split("\0")[:-1]
