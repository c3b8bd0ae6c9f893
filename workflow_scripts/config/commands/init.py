"""`init`: a commented config for a data set."""

import re
from pathlib import Path
from typing import Annotated

import yaml
from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import NewFile, option
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.config.proposal import propose, propose_drawn


def init(
    *data: Annotated[Path, option("PATH")], drawn: bool = False, output: NewFile | None = None
) -> None:
    """Inspect a data set and write a commented config for it.

    Each guess is marked by a comment in the file and reported on the terminal. An existing file is
    never overwritten.

    Args:
        data: a folder in the Cityscapes layout, or a folder of COCO files, or the annotation files.
        drawn: use drawn street scenes, which need no data.
        output: the config file (default: FOLDER.yaml here, or drawn.yaml).

    Raises:
        UserError: the data set is not recognized, or the file exists.
    """
    if drawn == bool(data):
        raise UserError("give the folder or the annotation files of a data set, or --drawn")
    stem = "drawn" if drawn else data[0].resolve().stem
    if output is not None:
        stem = output.stem
    name = re.sub(r"^[^A-Za-z]+|[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:64] or "experiment"
    output = output or Path(f"{name}.yaml")
    if output.exists():
        raise UserError(f"{output}: already exists; choose another name with --output")
    proposal = propose_drawn(name) if drawn else propose(data, name)
    read_experiment(yaml.safe_load(proposal.text), str(output))
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(proposal.text)
    except OSError as error:
        raise UserError(f"{output}: cannot be written ({error.strerror})") from None
    log.info("%s: %s", output, proposal.found)
    for check in proposal.checks:
        log.warning("check %s", check)
