"""Location, check and reading of weight files; torch is imported only for reading."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

from plain_commands.console import log
from plain_commands.downloads import copy_to
from plain_commands.errors import SourceError, UserError
from plain_commands.files import atomic, sha256_of_file


def verified(path: Path, sha256: str | None) -> Path:
    """Check the SHA-256 of a file, and return its path.

    Args:
        path: the file.
        sha256: expected SHA-256, or its first digits; None to refuse the file.

    Raises:
        UserError: the file is missing, has another sha256, or no sha256 is given.
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
    """Download a file to `path` unless it exists, and return `path`.

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


class DamagedError(ValueError):
    """A file is damaged or malformed; the message gives the reason in one line."""


def read_tensors(path: Path) -> Any:
    """Content of a file written by `torch.save`: tensors on the CPU, and plain data.

    torch does not verify checksums, and allocates whatever size the file declares. Both are checked
    first, since such a file is a ZIP archive. Files in the format before 2020, which is not an
    archive, are read without these checks.

    Raises:
        DamagedError: the file is damaged, declares more data than it holds, or holds other objects.
        OSError: the file cannot be read.
    """
    import torch  # noqa: PLC0415 - takes seconds

    try:
        check_archive(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, DamagedError):
        raise
    except pickle.UnpicklingError:  # torch's message is a page about trust
        raise DamagedError("it holds objects other than tensors and plain data") from None
    except Exception as error:  # of many types, depending on the file
        reason = str(error).split(". ")[0].split("\n")[0][:150] or type(error).__name__
        raise DamagedError(reason) from None


def check_archive(path: Path) -> None:
    """Check checksums and sizes if the file is an archive, as `torch.save` writes it.

    Raises:
        DamagedError: they are wrong.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        promised = sum(entry.file_size for entry in archive.infolist())
        if promised > path.stat().st_size:
            raise DamagedError(
                f"it would unpack to {promised:,} bytes from {path.stat().st_size:,}; torch does "
                "not compress"
            )
        damaged = archive.testzip()
    if damaged is not None:
        raise DamagedError(f"wrong checksum of {damaged}")
