"""Photographs with the boxes of their plates, used for measurement only."""

from pathlib import Path

import cv2
import numpy as np
from pii_detectors import PlateSearch
from plain_commands.console import progress
from plain_commands.errors import UserError

from tools.plate_detector.matching import SearchOutcome, match, summary_of

BESIDE = 2.0
"""Assumed size of the vehicle beyond its plate on each side, in widths of the plate."""


def photographs_of(folder: Path) -> list[tuple[Path, np.ndarray]]:
    """Photographs of a folder, and the boxes (1, 4) of their plates as x0, y0, x1, y1, pixels.

    Beside each photograph is a text file as in openalpr/benchmarks: its name, x, y, width and
    height of the plate, and the registration, separated by tabs.

    Raises:
        UserError: there is no such file, or one cannot be read.
    """
    found = []
    for path in sorted(folder.glob("*.txt")):
        try:
            name, *place = path.read_text(encoding="utf-8").split("\t")[:5]
            x, y, width, height = map(int, place)
        except ValueError:
            raise UserError(
                f"{path}: a photograph's name, x, y, width and height are expected, parted by tabs"
            ) from None
        found.append((folder / name, np.array([(x, y, x + width, y + height)], float)))
    if not found:
        raise UserError(f"{folder}: no text file that names a photograph and its plate")
    return found


def of_photographs(search: PlateSearch, folder: Path) -> dict[str, dict]:
    """Measure on the photographs of a folder, searched completely and around the plate.

    The corners of a plate are those of its box.
    """
    outcomes: dict[str, list[SearchOutcome]] = {"everywhere": [], "around the plate": []}
    photographs = photographs_of(folder)
    for path, box in progress(photographs, total=len(photographs), description=folder.name):
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise UserError(f"{path}: not an image that can be read")
        image = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        around = box + BESIDE * (box[:, 2:] - box[:, :2]).max() * np.array((-1, -1, 1, 1))
        corners = box[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
        for name, within in (("everywhere", None), ("around the plate", around)):
            found = search.find(image, within).quads
            outcomes[name].append(match(found, corners, corners[:0]))
    return {f"{folder.name}, {name}": summary_of(some) for name, some in outcomes.items()}
