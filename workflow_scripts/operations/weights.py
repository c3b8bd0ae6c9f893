"""Weights that a config names: checked copies, and the record of their origin."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plain_commands.console import log
from plain_commands.downloads import copy_to
from plain_commands.errors import SourceError, UserError, without_secrets
from plain_commands.files import atomic, sha256_of_file

from workflow_scripts.contracts.weights import Weights, checked_bytes

SCHEMA = 1


def fetch(key: str, weights: Weights, folder: Path) -> Path:
    """Copy or download a file to `folder`, named by its SHA-256, unless it exists.

    Args:
        key: the config's key, for messages.
        weights: source and SHA-256 of the file.
        folder: folder of the copy.

    Raises:
        UserError: the file cannot be read, or has another sha256.
    """
    target = folder / weights.sha256
    if target.is_file() and sha256_of_file(target) == weights.sha256:
        log.info("%s: exists already", key)
        return target
    with atomic(target) as temporary:
        try:
            found = copy_to(temporary, weights.source, key)
        except SourceError as error:
            raise UserError(
                f"{key}: {weights.source} cannot be read ({error}); correct the source, or "
                f"download the file elsewhere and copy it to {target}"
            ) from None
        if found != weights.sha256:
            raise UserError(
                f"{key}: the sha256 of {weights.source} is {found}, expected "
                f"{weights.sha256}; it is damaged or another file"
            )
    log.info("%s: %s", key, target)
    return target


def manifest_of(named: Mapping[str, Weights], folder: Path) -> dict[str, Any]:
    """The content of `weights/manifest.json`.

    Args:
        named: the weights by their key.
        folder: folder of the fetched files.

    Raises:
        UserError: a file is missing or damaged.
    """
    rows = [
        {
            "key": key,
            "source": without_secrets(weights.source),
            "sha256": weights.sha256,
            "bytes": len(checked_bytes(folder / weights.sha256, weights.sha256)),
            "licence": weights.licence,
        }
        for key, weights in sorted(named.items())
    ]
    return {"schema": SCHEMA, "weights": rows}
