"""`matches.npz`: which predictions of a run met an object, image by image."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
from instance_ap.matches import Matches
from plain_commands.errors import UserError
from plain_commands.files import atomic

FILE_NAME = "matches.npz"


def write_matches(path: Path, matches: Matches) -> None:
    """Write the file, compressed and atomically."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, **vars(matches))


def read_matches(path: Path) -> Matches:
    """Read the file; UserError when it is missing or something else."""
    try:
        with np.load(path, allow_pickle=False) as content:
            return Matches(**{field.name: content[field.name] for field in fields(Matches)})
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; evaluate this run again") from None
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a run's matches ({error}); evaluate this run again") from None
