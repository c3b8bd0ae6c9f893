"""Frames with faces or license plates are left out, or as many others."""

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
    """Leave out the frames in which a face or a license plate was found.

    The frames that are kept stay as they are. At random, as many frames are left out of those with
    labelled instances, and as many of those without, which no model is trained on: both variants
    train on equally many images.
    """

    method: Literal["drop"] = "drop"
    """Leave out frames with faces or license plates."""
    min_width: float = Field(0, ge=0)
    """Leave out frames with a face or license plate of at least this width (pixels). Narrower ones
    stay as they are in the frames that are kept. 0: every frame with a face or license plate."""
    at_random: bool = False
    """Leave out as many frames, whatever they show: a control, which tells what the number of
    images costs. It needs a variant of method drop with the same `min_width`."""
    seed: Seed = 0
    """With `at_random`, another seed leaves out other frames."""

    @model_validator(mode="after")
    def _seed_has_a_use(self) -> "Drop":
        if self.seed and not self.at_random:
            raise ValueError("seed: it has no use without at_random")
        return self

    @property
    def needs_whole_split(self) -> bool:
        """The number of frames is known, and equal, over all shards only."""
        return self.at_random

    def dropped(self, pictures: Sequence[Picture]) -> frozenset[str]:
        """The frames with a region of the least width, or as many others."""
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
        """Place in an order that depends on the seed and the name, and on no other image."""
        return sha256_of(f"{self.seed}/{picture.record.file_name}")

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Change nothing in a frame that is kept."""
        return picture.pixels.copy(), []


def _is_trained(picture: Picture) -> bool:
    """Whether a model is trained on an image: it has an instance that is no group."""
    return any(not item.instance.iscrowd for item in picture.objects)
