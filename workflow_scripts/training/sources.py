"""Where the pixels of a split's images lie: in the data set, or in a variant's folder."""

from pathlib import Path

import pyarrow.parquet as pq

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage, CocoSplit

MANIFEST = "manifest.parquet"


def training_images(split: CocoSplit) -> tuple[CocoImage, ...]:
    """The images to train on: those with at least one instance that is not a group.

    As detectron2 does (`filter_empty`), images without any are left out.
    """
    return tuple(
        image
        for image in split.images
        if any(not instance.iscrowd for instance in split.instances_by_image[image.id])
    )


def locate(images: tuple[CocoImage, ...], root: Path, anonymized: Path | None) -> list[Path]:
    """The file of each image, in order.

    Args:
        images: of one split.
        root: the folder that their names are relative to.
        anonymized: a variant's folder, whose manifest names the replacements.

    Raises:
        UserError: an image is missing, or is not in the manifest.
    """
    if anonymized is None:
        files = [root / image.file_name for image in images]
    else:
        replacements = _replacements(anonymized)
        absent = [image.file_name for image in images if image.file_name not in replacements]
        if absent:
            raise UserError(
                f"{anonymized / MANIFEST}: {len(absent)} of {len(images)} images are not in it, "
                f"{absent[0]} for one; anonymize this variant again"
            )
        files = [replacements[image.file_name] for image in images]
    missing = [f"{file}: no such image" for file in files if not file.is_file()]
    if missing:
        raise UserError.of(missing, shown=5)
    return files


def _replacements(folder: Path) -> dict[str, Path]:
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(f"{path}: no such file; --anonymized takes a variant's folder")
    try:
        table = pq.read_table(path, columns=["image", "file"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: not a manifest of anonymized images ({error})") from None
    names, files = (table.column(name).to_pylist() for name in ("image", "file"))
    return {name: folder / file for name, file in zip(names, files, strict=True)}
