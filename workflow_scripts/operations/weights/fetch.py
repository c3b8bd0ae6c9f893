"""Getting one file of weights."""

from pathlib import Path

from workflow_scripts.common.console import log
from workflow_scripts.common.downloads import ERRORS, copy_to, reason
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic, sha256_of_file
from workflow_scripts.contracts.weights import Weights


def fetch(key: str, weights: Weights, folder: Path) -> Path:
    """Copy or download a file to `folder`, named by its sha256; one that is there stays.

    Args:
        key: of the config, for errors.
        weights: what to get.
        folder: where to put it.

    Raises:
        UserError: it cannot be read, or has another sha256.
    """
    target = folder / weights.sha256
    if target.is_file() and sha256_of_file(target) == weights.sha256:
        log.info("%s: is there already", key)
        return target
    with atomic(target) as temporary:
        try:
            found = copy_to(temporary, weights.source, key)
        except ERRORS as error:
            raise UserError(
                f"{key}: {weights.source} cannot be read ({reason(error)}); correct the source, "
                "or download the file elsewhere and name its path"
            ) from None
        if found != weights.sha256:
            raise UserError(
                f"{key}: the sha256 of {weights.source} is {found}, expected "
                f"{weights.sha256}; it is damaged or another file"
            )
    log.info("%s: %s", key, target)
    return target
