"""Method `drop`: frames with faces or license plates are left out, or as many random ones."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from plain_commands.files import sha256_of
from plain_commands.section import Seed
from pydantic import Field, model_validator

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.pictures import Picture


class Drop(Method):
    """Drop the frames in which a face or a license plate was found.

    The other frames stay unchanged. With `at_random`, equal numbers are dropped of frames with
    labelled instances, and of frames without, which no model is trained on: both variants train on
    the same number of images.
    """

    method: Literal["drop"] = "drop"
    """Drop frames with faces or license plates."""
    min_width: float = Field(0, ge=0)
    """Drop frames with a face or license plate of at least this width (pixels). Narrower ones stay
    visible in the kept frames. 0: every frame with a face or license plate."""
    at_random: bool = False
    """Drop the same number of frames at random: a control that shows the effect of the number of
    images. It needs a variant of method drop with the same `min_width`."""
    seed: Seed = 0
    """Seed of the random choice with `at_random`."""

    @model_validator(mode="after")
    def _seed_has_a_use(self) -> "Drop":
        if self.seed and not self.at_random:
            raise ValueError("seed: it has no effect without at_random")
        return self

    @property
    def needs_whole_split(self) -> bool:
        """The number of frames is only known over all shards."""
        return self.at_random

    def dropped(self, pictures: Sequence[Picture]) -> frozenset[str]:
        """The frames with a region of the minimum width, or the same number of random ones."""
        chosen = [picture for picture in pictures if self._shows_pii(picture)]
        if self.at_random:
            ordered = sorted(pictures, key=self._place)
            chosen = [
                picture
                for trained in (True, False)
                for picture in [one for one in ordered if _is_trained(one) is trained][
                    : sum(_is_trained(one) is trained for one in chosen)
                ]
            ]
        return frozenset(picture.record.file_name for picture in chosen)

    def _shows_pii(self, picture: Picture) -> bool:
        return any(region.width >= self.min_width for region in picture.regions)

    def _place(self, picture: Picture) -> str:
        """Sort key that depends on the seed and the name, but not on other images."""
        return sha256_of(f"{self.seed}/{picture.record.file_name}")

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Change nothing in a kept frame."""
        return picture.pixels.copy(), []


def _is_trained(picture: Picture) -> bool:
    """Whether an image is used for training: it has an instance that is not a group."""
    return any(not item.instance.iscrowd for item in picture.objects)
