"""`weights fetch`: copy or download weights."""

import re
from pathlib import Path
from typing import Annotated

from plain_commands.errors import UserError
from plain_commands.files import read_bytes

from workflow_scripts.common.cli import NewFolder, Settings, option
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.operations import weights as fetching

RECOGNIZERS = re.compile(r"privacy\.attacks\.\d+\.weights")


def fetch(
    *,
    settings: Settings[dict[str, Weights]],
    output: NewFolder,
    only: Annotated[str | None, option("SHA256")] = None,
) -> None:
    """Copy or download files of weights, check them, and name them by their SHA-256.

    The settings map names of your choice to weights; the workflow uses the config's keys.

    Args:
        output: folder for the files.
        only: SHA-256 of the only file to fetch (default: all).

    Raises:
        UserError: a file cannot be read, has another SHA-256, or is not a face recognition network
            where one is needed.
    """
    chosen = {key: one for key, one in settings.items() if only in (None, one.sha256)}
    if not chosen and only:
        raise UserError(f"--only: the config has no weights with the sha256 {only}")
    for key, weights in chosen.items():
        file = fetching.fetch(key, weights, output)
        if RECOGNIZERS.fullmatch(key):
            _check_recognizer(key, file)


def _check_recognizer(key: str, file: Path) -> None:
    """Load networks early that the attacks need only after hours."""
    from identity_attacks.recognizers import ArcFace, SFace  # noqa: PLC0415

    content = read_bytes(file)
    try:
        SFace(content)
    except ValueError as not_sface:
        try:
            ArcFace(content)
        except ValueError as not_arcface:
            raise UserError(f"{key}: {file}: {not_sface}; {not_arcface}") from None
