"""File names, label ids and polygon files of Cityscapes.

Source: the cityscapesScripts repository (`helpers/labels.py`, `helpers/annotation.py`, README).
"""

from pathlib import Path

from plain_commands.errors import UserError
from plain_commands.section import FilePart
from pydantic import Field, FiniteFloat

SPLITS = ("train", "val", "test")
FULL_COUNTS = {"train": 2975, "val": 500, "test": 1525}

LABEL_IDS = {
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
}
"""Label id by class. In an instance id image, an object of the class with label id `l` has the
value `1000 l + k`; a group, a region of several objects that are not separated, has the value
`l`."""

LAST_LABEL_ID = 33
OBJECT_LABEL_IDS = range(24, LAST_LABEL_ID + 1)
"""Label ids with instances (`hasInstances`): the classes, caravans and trailers."""

VOID_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)
"""Label ids ignored in evaluations (`ignoreInEval`): predictions there do not count."""

LICENSE_PLATE = "license plate"
"""Label of license plates; it occurs in polygons only, since its id is negative."""

IMAGE_FOLDER = "leftImg8bit"
LABEL_FOLDER = "gtFine"
IMAGE_SUFFIX = "_leftImg8bit.png"


class LabelledPolygon(FilePart):
    """One annotated outline."""

    label: str
    polygon: tuple[tuple[FiniteFloat, FiniteFloat], ...]
    """Corners, x and y in pixels."""
    deleted: bool = False
    """Whether it was deleted in the labelling tool; cityscapesScripts skips it."""


class PolygonFile(FilePart):
    """A `*_gtFine_polygons.json`."""

    width: int = Field(alias="imgWidth")
    height: int = Field(alias="imgHeight")
    objects: tuple[LabelledPolygon, ...]


def polygons_of(
    path: Path, label: str, width: int, height: int
) -> list[tuple[tuple[float, float], ...]]:
    """The outlines of one label, without deleted and empty ones.

    Args:
        path: polygons file.
        label: name of the label.
        width: image width in pixels.
        height: image height in pixels.

    Raises:
        UserError: the file is missing, malformed, or of an image of another size.
    """
    file = PolygonFile.read(path)
    if (file.width, file.height) != (width, height):
        raise UserError(
            f"{path}: imgWidth and imgHeight are {file.width}x{file.height}, but the image has "
            f"{width}x{height} pixels; resize the polygons like the image, or restore the image"
        )
    return [
        item.polygon
        for item in file.objects
        if item.label == label and not item.deleted and item.polygon
    ]


def image_files(root: Path, split: str) -> list[str]:
    """The images of a split, sorted, as paths relative to `root` with forward slashes."""
    found = (root / IMAGE_FOLDER / split).glob(f"*/*{IMAGE_SUFFIX}")
    return sorted(path.relative_to(root).as_posix() for path in found)


def instance_ids_path(root: Path, file_name: str) -> Path:
    """The instance id image that belongs to an image."""
    return _label_path(root, file_name, "instanceIds.png")


def polygons_path(root: Path, file_name: str) -> Path:
    """The polygons file that belongs to an image; unlike the id images, it marks license plates."""
    return _label_path(root, file_name, "polygons.json")


def _label_path(root: Path, file_name: str, kind: str) -> Path:
    stem = file_name.removeprefix(IMAGE_FOLDER + "/").removesuffix(IMAGE_SUFFIX)
    return root / LABEL_FOLDER / f"{stem}_gtFine_{kind}"
