"""`weights fetch`: copies or downloads of weights."""

from typing import Annotated

from plain_commands.errors import UserError

from workflow_scripts.common.cli import Folder, Settings, option
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.operations import weights as fetching


def fetch(
    *,
    settings: Settings[dict[str, Weights]],
    output: Folder,
    only: Annotated[str | None, option("SHA256")] = None,
) -> None:
    """Copy or download files of weights, each checked and then named by its SHA-256.

    The settings are several, by a name of your choice; the workflow takes the config's keys.

    Args:
        output: folder for the files.
        only: this file alone, and none of the others (default: all).

    Raises:
        UserError: a file cannot be had, or is another than its SHA-256 says.
    """
    chosen = {key: one for key, one in settings.items() if only in (None, one.sha256)}
    if not chosen and only:
        raise UserError(f"--only: no weights of the config have the sha256 {only}")
    for key, weights in chosen.items():
        fetching.fetch(key, weights, output)
