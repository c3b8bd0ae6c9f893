"""Files of initial weights: downloaded and checked without importing torch."""

from pathlib import Path

from workflow_scripts.common.console import log
from workflow_scripts.common.downloads import copy_to
from workflow_scripts.common.errors import SourceError, UserError
from workflow_scripts.common.files import atomic, sha256_of_file


def verified(path: Path, sha256: str | None) -> Path:
    """The file itself, after its SHA-256 was compared.

    Args:
        path: the file.
        sha256: expected SHA-256, or its first digits; None to refuse the file.

    Raises:
        UserError: the file is missing, is another, or nothing is known about it.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; training.initialisation names it")
    found = sha256_of_file(path)
    if sha256 is None:
        raise UserError(
            f"training.initialisation_sha256: missing; {path} is loaded only when its sha256 is "
            f"stated. It is {found}: compare it with a copy that you trust, and set it in the "
            "config"
        )
    if not found.startswith(sha256):
        raise UserError(
            f"{path}: its sha256 is {found}, expected {sha256}; it is damaged or another file"
        )
    return path


def downloaded(url: str, path: Path) -> Path:
    """`path`, to which the URL's file is downloaded unless it exists.

    Raises:
        UserError: the download fails.
    """
    if path.is_file():
        return path
    log.info("downloading %s to %s", url, path)
    with atomic(path) as temporary:
        try:
            copy_to(temporary, url, path.name)
        except SourceError as error:
            raise UserError(
                f"{url}: cannot be downloaded ({error}); download it elsewhere and copy "
                f"it to {path}, or set training.initialisation to its path and "
                "training.initialisation_sha256 to its sha256"
            ) from None
    return path
