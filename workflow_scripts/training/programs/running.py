"""Execution of a user's program: environment, output, limits."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from plain_commands.console import log
from plain_commands.errors import UserError
from program_runner import ProgramError, check_program, filled_in, run_program, secrets_in

from workflow_scripts.common.environment import environment_of_others
from workflow_scripts.training.engines.command import CommandTraining

GRACE_SECONDS = 120.0
"""Time that a program has to save after a request to stop."""
SILENT = (
    "; stopped it because of silent_minutes of {} in the profile; make it print, or raise the limit"
)
"""Suffix of the error for a hanging program."""


Key = Literal["train", "predict"]
"""One of the two programs."""


def check_programs(settings: CommandTraining, *keys: Key) -> None:
    """Check that the programs and their environment exist.

    Raises:
        UserError: one of them is missing.
    """
    environment = environment_of_program(settings)
    for key in keys:
        command = settings.command_of(key)
        try:
            check_program(filled_in(command, {})[0], settings.directory, environment["PATH"])
        except ProgramError as error:
            raise UserError(f"training.{key}: {error}") from None
        if secrets_in(command):
            log.warning(
                "training.%s: the key or password in it is masked in the report, in "
                "provenance.json and in the program's output, but not in the commands that "
                "Snakemake shows and logs; let the program read it from an environment variable",
                key,
            )


def run(
    settings: CommandTraining,
    key: Key,
    values: Mapping[str, object],
    *,
    mark: Path,
    silent_minutes: float | None,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Run one of the programs, with its output in the log.

    Args:
        settings: the section `training`.
        key: key of the program.
        values: values of the placeholders.
        mark: folder used by no other run.
        silent_minutes: time without output after which the program counts as hanging; None for no
            limit.
        stop: whether to make the program save and exit.

    Raises:
        ProgramError: it exited with a code other than 0, or hung.
    """
    command = settings.command_of(key)
    words = filled_in(command, values)
    name = Path(words[0]).name
    log.info("%s: %s", key, name)
    run_program(
        words,
        lambda line: log.info("%s: %s", name, line),
        directory=settings.directory,
        environment=environment_of_program(settings),
        mark=str(mark.resolve()),
        secrets=secrets_in(command),
        silence=silent_minutes and 60 * silent_minutes,
        stop=stop,
        grace=GRACE_SECONDS,
    )


def environment_of_program(settings: CommandTraining) -> dict[str, str]:
    """Environment variables of the programs.

    Raises:
        UserError: Snakemake was not called with conda environments enabled.
    """
    found = environment_of_others() | {"PYTHONUNBUFFERED": "1"}
    if settings.conda_file is not None and "CONDA_PREFIX" not in found:
        raise UserError(
            f"training.environment: {settings.conda_file} is not in use; call snakemake with "
            "--software-deployment-method conda, or name the folder of an environment"
        )
    if settings.environment is not None and settings.conda_file is None:
        folder = settings.environment.absolute()
        found |= {
            "VIRTUAL_ENV": str(folder),
            "PATH": os.pathsep.join([str(folder / "bin"), found.get("PATH", os.defpath)]),
        }
        found.pop("PYTHONHOME", None)
    return found
