"""Image files of a split, original or of a variant."""

from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import images_of_variant


def training_images(split: CocoSplit) -> tuple[CocoImage, ...]:
    """Images to train on: those with at least one instance that is not a group.

    detectron2 drops the same images (`filter_empty`).

    Raises:
        UserError: there are none.
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

    Images that the variant drops are omitted.

    Args:
        images: images of one split.
        root: folder that their names are relative to.
        anonymized: folder of a variant, whose manifest names the replacements; None for originals.

    Raises:
        UserError: an image or its entry in the manifest is missing, or all images are dropped.
    """
    if anonymized is not None:
        images, root = images_of_variant(images, anonymized), anonymized
        if not images:
            raise UserError(f"{anonymized}: all images to read are dropped")
    files = [root / image.file_name for image in images]
    missing = [f"{file}: no such image" for file in files if not file.is_file()]
    if missing:
        raise UserError.of(missing, shown=5)
    return images, root
