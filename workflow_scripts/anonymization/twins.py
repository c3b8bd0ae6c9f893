"""Images anonymized elsewhere: search for them, and detection of their changes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from image_files import orientation_of
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_bytes
from pydantic import Field, field_validator
from twin_comparison.boxes import MARGIN, covered
from twin_comparison.changes import compared
from twin_comparison.covering import parts_on
from twin_comparison.files import SUFFIXES, expected_path, files_for, rename_for
from twin_comparison.resemblance import exchanged, glimpse, resemblance

from workflow_scripts.anonymization.method import Finished, Method
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Region
from workflow_scripts.imaging.images import decode_image, size_in_header
from workflow_scripts.imaging.pictures import Picture

ADVICE = "make it again, or set `whole_image: true` for a method that redraws whole images"


class Twins(Method):
    """A method that takes the images from a folder and uses them unchanged."""

    folder: Path
    """Folder with an image of the same size for each training image, at the same relative path; the
    suffix may differ (.png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp)."""
    rename: dict[str, str] = Field(default_factory=dict)
    """Replacements in the relative path, such as {leftImg8bit: leftImg8bit_blurred} for the blurred
    images that Cityscapes offers."""
    lossy: bool | None = None
    """Whether the images went through a lossy codec, which changes pixels unintentionally; null:
    true for JPEG and WebP files only."""

    whole_image: bool = False
    """Whether the images may differ from their originals everywhere, as with a method that redraws
    whole images. If false, an image is refused if it does not match the original outside faces and
    license plates: turned, shifted, in other colours, or of another image."""

    @field_validator("rename")
    @classmethod
    def _has_no_empty_text(cls, rename: dict[str, str]) -> dict[str, str]:
        if "" in rename:
            raise ValueError("empty text; name a part of the path")
        return rename

    def replacement(self, file_name: str) -> Finished | None:
        """The image in the folder.

        Raises:
            UserError: none or several match.
        """
        found = self._files(file_name)
        if not found:
            raise UserError(
                f"{self._expected(file_name)}: no such file, nor one with another suffix, for "
                f"{file_name}"
            )
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise UserError(f"{found[0].parent}: {names} both match {file_name}; remove one")
        return Finished(found[0], self.lossy, not self.whole_image)

    def findings(self, images: Sequence[CocoImage]) -> list[str]:
        """Problems with the anonymized versions of these images, from their headers."""
        absent = [image.file_name for image in images if not self._files(image.file_name)]
        some = [image.file_name for image in images[:: max(1, len(images) // 10)]]
        rename = rename_for(self.folder, absent[0], some) if absent else None
        if rename is not None or 1 < len(absent) == len(images):
            return [
                f"{self.folder}: {len(absent)} of {len(images)} images are missing, e.g. "
                f"{self._expected(absent[0]).relative_to(self.folder)}; "
                f"{self._advice(self._others(images), rename)}"
            ]
        self._tell_of_links(images)
        return [finding for image in images if (finding := self._finding(image))]

    def _advice(self, others: str, rename: dict[str, str] | None) -> str:
        """What was found instead of the images, and what to do.

        Args:
            others: the files that match no image, see `_others`.
            rename: value of `rename` with which they match.
        """
        if rename is not None:
            return f"`rename: {json.dumps(rename)}` finds it"
        return f"found {others}; correct `folder`, or name the part that differs (`rename`)"

    def _others(self, images: Sequence[CocoImage]) -> str:
        """Number of the files that match no image, with an example."""
        matching = {path for image in images for path in self._files(image.file_name)}
        files = (path for path in self.folder.rglob("*") if path.is_file())
        others = sorted(path for path in files if path not in matching)
        if not others:
            return "no files"
        noun = "other file" if len(others) == 1 else "other files"
        return f"{len(others)} {noun}, e.g. {others[0].relative_to(self.folder)}"

    def _files(self, file_name: str) -> list[Path]:
        """The files that match an image."""
        return files_for(self.folder, file_name, self.rename)

    def _tell_of_links(self, images: Sequence[CocoImage]) -> None:
        root = self.folder.resolve()
        found = [path for image in images for path in self._files(image.file_name)]
        outside = [path for path in found if not path.resolve().is_relative_to(root)]
        if outside:
            log.warning(
                "%s: %d of %d images are links to files outside of it, e.g. %s to %s",
                self.folder,
                len(outside),
                len(found),
                outside[0].relative_to(self.folder),
                outside[0].resolve(),
            )

    def _finding(self, image: CocoImage) -> str | None:
        try:
            finished = self.replacement(image.file_name)
            if finished is None:
                return None
            path = finished.path
        except UserError as error:
            return str(error)
        size = size_in_header(path)
        if size is None:
            return f"{path}: not a readable image; make it again"
        width, height = size
        if (width, height) != (image.width, image.height) and not image.upright:
            what = f"{width}x{height} pixels; the original has {image.width}x{image.height}"
            return f"{path}: {what}{_orientation_in(read_bytes(path))}"
        return None

    def _expected(self, file_name: str) -> Path:
        return expected_path(self.folder, file_name, self.rename)


class CommandResults(Twins):
    """A method that takes some images from a folder; the others stay unchanged."""

    method: str
    """Name of the method that made them."""
    names: frozenset[str]
    """`file_name`s of the training images that the folder has to contain."""

    def replacement(self, file_name: str) -> Finished | None:
        """The image in the folder; None if none is expected."""
        return super().replacement(file_name) if file_name in self.names else None

    def _advice(self, others: str, rename: dict[str, str] | None) -> str:
        return (
            f"the program wrote {others}; it has to write each image to the relative path of its "
            f"input, as {', '.join(SUFFIXES)}"
        )


@dataclass(frozen=True)
class Glimpses:
    """Record of an original and its anonymized image, kept until their shard is complete."""

    original: np.ndarray
    """Glimpse, see `twin_comparison.resemblance`."""
    twin: np.ndarray
    remark: str | None
    """Unusual properties of the anonymized image that are not errors."""
    assumed: bool
    """Whether what its codec explains was assumed: too little lies beside the regions to estimate
    it."""


def compare(
    picture: Picture, finished: Finished, content: bytes, method: str
) -> tuple[list[Change], Glimpses]:
    """Changes of an image.

    Args:
        picture: the original, with its PII regions.
        finished: the anonymized image.
        content: bytes of its file.
        method: name of the method that changed it.

    Raises:
        UserError: the file is damaged, has another size, or shows another picture.
    """
    original, upright = picture.pixels, picture.record.upright
    twin = decode_image(content, finished.path, upright=upright)
    if twin.shape != original.shape:
        (height, width), (h, w) = original.shape[:2], twin.shape[:2]
        what = f"{w}x{h} pixels; the original has {width}x{height}{_orientation_in(content)}"
        raise UserError(f"{finished.path}: {what}")
    found = compared(
        original,
        twin,
        coded=content if finished.is_lossy(content) else None,
        boxes=[region.box for region in picture.regions],
        whole_image=not finished.same,
    )
    look = Glimpses(
        glimpse(original),
        glimpse(twin),
        _remark(picture, twin, finished, content) if finished.same else None,
        found.is_assumed,
    )
    return changes_of(found.changed(), picture.regions, method), look


def _orientation_in(content: bytes) -> str:
    """Suffix of an error for an image file with an EXIF orientation."""
    number = orientation_of(content)
    advice = f"; its EXIF orientation is {number}: store pixels and orientation like the original"
    return "" if number == 1 else advice


def _remark(picture: Picture, twin: np.ndarray, finished: Finished, content: bytes) -> str | None:
    """Unusual properties of an image; an error if it shows another picture."""
    height, width = twin.shape[:2]
    boxes = [region.box for region in picture.regions]
    found = resemblance(picture.pixels, twin, covered(boxes, (height, width), MARGIN))
    if differences := found.differences():
        raise UserError(
            f"{finished.path}: does not match {picture.record.file_name}: outside faces and "
            f"license plates, {'; '.join(differences)}{_orientation_in(content)}; {ADVICE}"
        )
    if found.confuses_range:
        return "differ in brightness as if a video's range (16 to 235) was misread"
    if found.structure is None:
        return (
            "have too little texture beside faces and license plates to tell whether they show "
            "the same picture"
        )
    return None


def compare_all(looks: Mapping[str, Glimpses]) -> None:
    """Check that no image shows another original of its shard, and report remarks.

    Args:
        looks: by `file_name` of the original.

    Raises:
        UserError: images were swapped.
    """
    names = sorted(looks)
    originals, twins = (
        [getattr(looks[name], side) for name in names] for side in ("original", "twin")
    )
    if pairs := exchanged(originals, twins):
        twin, shown = (names[number] for number in pairs[0])
        raise UserError(
            f"{len(pairs)} of {len(names)} images show the wrong original: that of "
            f"{twin} shows {shown}; {ADVICE}"
        )
    remarks = Counter(remark for look in looks.values() if (remark := look.remark))
    for remark, count in remarks.items():
        log.warning("%d of %d images %s", count, len(names), remark)


def changes_of(mask: np.ndarray, regions: Sequence[Region], method: str) -> list[Change]:
    """The changed parts of an image, and the regions that they cover.

    Args:
        mask: (h, w) bool, the changed pixels.
        regions: PII regions of the image; they may reach beyond it.
        method: name of the method that changed it.

    Returns:
        One per changed region, in their order, with a box around all parts that touch it; then one
        per part that touches none of these.
    """
    boxes = [region.box for region in regions]
    return [
        Change(method, *box) if number is None else Change.of(regions[number], method, box)
        for number, box in parts_on(mask, boxes)
    ]
