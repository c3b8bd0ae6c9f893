"""Method `precomputed`: images anonymized by a service or the publisher of the data set."""

from typing import ClassVar, Literal

from plain_commands.errors import UserError

from workflow_scripts.anonymization.twins import Twins
from workflow_scripts.contracts.coco import CocoSplit


class Precomputed(Twins):
    """Take the images from a folder and use them unchanged."""

    makes_images: ClassVar = False

    method: Literal["precomputed"] = "precomputed"
    """Take images that were anonymized elsewhere."""

    def check(self, split: CocoSplit) -> None:
        """Check that each training image has an anonymized image of the same size."""
        if not self.folder.is_dir():
            raise UserError(f"{self.folder}: no such folder (a variant's `folder`)")
        findings = self.findings(split.images)
        if findings:
            raise UserError.of(findings)
