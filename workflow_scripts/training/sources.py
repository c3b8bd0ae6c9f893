"""Where the pixels of a split's images lie: in the data set, or in a variant's folder."""

from pathlib import Path

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import images_of_variant


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
    if anonymized is not None:
        images, root = images_of_variant(images, anonymized), anonymized
    files = [root / image.file_name for image in images]
    missing = [f"{file}: no such image" for file in files if not file.is_file()]
    if missing:
        raise UserError.of(missing, shown=5)
    return files
