"""Environment of the commands that the rules run."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError


def prepare_commands(project: Path) -> None:
    """Let `python -m workflow_scripts.…` work in any folder.

    Commands then find this project and the Python that runs the workflow. A conda environment, if
    used, is activated later and so takes precedence.

    Args:
        project: folder of the package `workflow_scripts`.

    Raises:
        UserError: the path cannot be part of PYTHONPATH.
    """
    if os.pathsep in str(project):
        raise UserError(
            f"{project}: Python cannot import from a path that contains {os.pathsep!r}; "
            "rename the folder"
        )
    _prepend("PYTHONPATH", project)
    _prepend("PATH", Path(sys.executable).parent)


def config_arguments(config: Mapping[str, Any]) -> list[str]:
    """Values of `--config` for the command lines of Snakemake's jobs.

    Snakemake (9.27) writes them as Python literals, which a shell and YAML read differently: `$` is
    expanded, backslashes are doubled, and a value with both kinds of quotes breaks the command
    line. When Snakemake reads the values, it strips quotes at both ends; the spaces around each
    value prevent that.
    """
    texts = {
        key: f" {json.dumps(value, ensure_ascii=False)} "
        if isinstance(value, str | list | dict)
        else ""
        if value is None
        else repr(value)
        for key, value in config.items()
    }
    return [shlex.quote(f"{key}={text}") for key, text in texts.items()]


def environment_of_others() -> dict[str, str]:
    """Environment of this process for programs that are not part of this project.

    They inherit everything, including access tokens of services, but cannot import this project's
    modules.
    """
    environment = dict(os.environ)
    project = str(Path(__file__).resolve().parents[2])
    parts = environment.get("PYTHONPATH", "").split(os.pathsep)
    environment["PYTHONPATH"] = os.pathsep.join(part for part in parts if part != project)
    return environment


def _prepend(variable: str, folder: Path) -> None:
    others = [part for part in os.environ.get(variable, "").split(os.pathsep) if part]
    if str(folder) not in others:
        os.environ[variable] = os.pathsep.join([str(folder), *others])
