"""`matches.npz`: predictions of a run matched to objects, image by image."""

import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
from instance_ap.matches import Matches
from plain_commands.errors import UserError
from plain_commands.files import atomic

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.evaluations import RunName

FILE_NAME = "matches.npz"


def write_matches(path: Path, matches: Matches, run: RunName) -> None:
    """Write the file of a run, compressed and atomically."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, run=np.array(_named(run)), **vars(matches))


def read_matches(path: Path, run: RunName) -> Matches:
    """Read the file of a run.

    Raises:
        UserError: it is missing, malformed, or of another run.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            found = str(content["run"])
            matches = Matches(**{field.name: content[field.name] for field in fields(Matches)})
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {made_again(path)}") from None
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a run's matches ({error}); {made_again(path)}") from None
    if found != _named(run):
        raise UserError(
            f"{path}: of the run {found}, but the eval.json beside it is of {_named(run)}; "
            f"{made_again(path)}"
        )
    return matches


def _named(run: RunName) -> str:
    return f"{run.variant}, seed {run.seed}, fingerprint {run.fingerprint}"
