"""How Cityscapes names its files and numbers its labels.

Source: the cityscapesScripts repository, `helpers/labels.py` and its README.
"""

from pathlib import Path

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
value `1000 l + k`; a region of several that are not told apart (a group) has the value `l`."""

VOID_IDS = (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)
"""Label ids that no evaluation counts (`ignoreInEval`): predictions there are ignored."""

IMAGE_FOLDER = "leftImg8bit"
LABEL_FOLDER = "gtFine"
IMAGE_SUFFIX = "_leftImg8bit.png"


def image_files(root: Path, split: str) -> list[str]:
    """The images of a split, sorted, as paths relative to `root` with forward slashes."""
    found = (root / IMAGE_FOLDER / split).glob(f"*/*{IMAGE_SUFFIX}")
    return sorted(path.relative_to(root).as_posix() for path in found)


def instance_ids_path(root: Path, file_name: str) -> Path:
    """The instance id image that belongs to an image."""
    return _label_path(root, file_name, "instanceIds.png")


def polygons_path(root: Path, file_name: str) -> Path:
    """The polygons file that belongs to an image; it knows license plates, the id images do not."""
    return _label_path(root, file_name, "polygons.json")


def _label_path(root: Path, file_name: str, kind: str) -> Path:
    stem = file_name.removeprefix(IMAGE_FOLDER + "/").removesuffix(IMAGE_SUFFIX)
    return root / LABEL_FOLDER / f"{stem}_gtFine_{kind}"
