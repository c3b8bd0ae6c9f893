"""Which predictions of a run met an object, image by image: what resampling the images needs."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic

FILE_NAME = "matches.npz"
THRESHOLDS = 10
"""IoU thresholds, 0.50 to 0.95 in steps of 0.05; bit 0 stands for the first."""


@dataclass(frozen=True)
class Matches:
    """N predicted masks on I images of K classes, matched by the COCO protocol."""

    images: np.ndarray
    """(I,) str, file names."""
    classes: np.ndarray
    """(K,) str."""
    objects: np.ndarray
    """(I, K) int32, objects to find; groups (`iscrowd`) are none."""
    image: np.ndarray
    """(N,) int32, index into `images`; predictions stand in the order of these."""
    category: np.ndarray
    """(N,) int16, index into `classes`."""
    scores: np.ndarray
    """(N,) float64; equal scores rank in the order in which they stand here."""
    hits: np.ndarray
    """(N,) uint16, a bit for each IoU threshold at which the prediction has an object."""
    ignored: np.ndarray
    """(N,) uint16, a bit for each threshold at which the prediction counts neither way."""

    def write(self, path: Path) -> None:
        """Write it, compressed and atomically."""
        with atomic(path) as temporary:
            np.savez_compressed(temporary, **vars(self))

    @classmethod
    def read(cls, path: Path) -> "Matches":
        """Read it; UserError when it is missing or something else."""
        try:
            with np.load(path, allow_pickle=False) as content:
                return cls(**{name: content[name] for name in cls.__dataclass_fields__})
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; evaluate this run again") from None
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{path}: not a run's matches ({error}); evaluate this run again"
            ) from None
