"""Image files of a split: those of the data set, or those of a variant."""

from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import images_of_variant


def training_images(split: CocoSplit) -> tuple[CocoImage, ...]:
    """Images to train on: those with at least one instance that is not a group.

    detectron2 leaves out the same ones (`filter_empty`).

    Raises:
        UserError: there is none.
    """
    found = images_with_instances(split)
    if not found:
        raise UserError("the training split has no image with an instance to learn from")
    return found


def images_with_instances(split: CocoSplit) -> tuple[CocoImage, ...]:
    """Images with at least one instance that is not a group."""
    return tuple(
        image
        for image in split.images
        if any(not instance.iscrowd for instance in split.instances_by_image[image.id])
    )


def located(
    images: tuple[CocoImage, ...], root: Path, anonymized: Path | None
) -> tuple[tuple[CocoImage, ...], Path]:
    """Records of the files to read, in the order of the images, and the root of their names.

    Images that the variant drops are left out.

    Args:
        images: images of one split.
        root: folder that their names are relative to.
        anonymized: folder of a variant, whose manifest names the replacements; None for originals.

    Raises:
        UserError: an image is missing, or missing in the manifest; or all are dropped.
    """
    if anonymized is not None:
        images, root = images_of_variant(images, anonymized), anonymized
        if not images:
            raise UserError(f"{anonymized}: each image to read is dropped; nothing is left")
    files = [root / image.file_name for image in images]
    missing = [f"{file}: no such image" for file in files if not file.is_file()]
    if missing:
        raise UserError.of(missing, shown=5)
    return images, root
