"""Images that were anonymized elsewhere: by a service, or by whoever published the data set."""

from pathlib import Path
from typing import Literal

from PIL import Image
from pydantic import Field

from workflow_scripts.anonymization.method import Method
from workflow_scripts.coco import CocoImage, CocoSplit
from workflow_scripts.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class Precomputed(Method):
    """Take the images from a folder. They are used as they are."""

    method: Literal["precomputed"] = "precomputed"
    """Take images that were anonymized elsewhere."""
    folder: Path
    """Holds an image of the same size for each training image, at the same relative path; the
    suffix may differ (.png, .jpg, .jpeg, .webp)."""
    rename: dict[str, str] = Field(default_factory=dict)
    """Texts of the relative path that read differently in the folder, such as {leftImg8bit:
    leftImg8bit_blurred} for the blurred images that Cityscapes offers."""

    def replacement(self, file_name: str) -> Path:
        """The image in the folder.

        Raises:
            UserError: there is none.
        """
        expected = self._expected(file_name)
        for path in (expected, *map(expected.with_suffix, SUFFIXES)):
            if path.is_file():
                return path
        raise UserError(
            f"{expected}: no such file, nor one with another suffix; it should stand for "
            f"{file_name}"
        )

    def check(self, split: CocoSplit) -> None:
        """See that there is an image of the right size for each training image."""
        if not self.folder.is_dir():
            raise UserError(f"{self.folder}: no such folder (a variant's `folder`)")
        findings = [finding for image in split.images if (finding := self._finding(image))]
        if findings:
            raise UserError.of(findings)

    def _finding(self, image: CocoImage) -> str | None:
        try:
            path = self.replacement(image.file_name)
            with Image.open(path) as header:  # reads no pixels
                width, height = header.size
        except UserError as error:
            return str(error)
        except OSError as error:
            return f"{path}: not a readable image ({error})"
        if (width, height) != (image.width, image.height):
            return f"{path}: {width}x{height} pixels; the original has {image.width}x{image.height}"
        return None

    def _expected(self, file_name: str) -> Path:
        for text, other in self.rename.items():
            file_name = file_name.replace(text, other)
        return self.folder / file_name
