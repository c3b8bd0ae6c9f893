"""Ground-truth masks as crops, for heads that ask for detectron2's `BitMasks`."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workflow_scripts.training.mask_targets import mask_targets

THRESHOLD = 0.5


@dataclass(frozen=True)
class CroppedMasks:
    """Masks of instances, or of the proposals that were matched with them.

    detectron2 keeps a mask of the whole frame for each proposal: a gigabyte for the 512 proposals
    of a Cityscapes image. Here proposals share the crops of their instances.
    """

    crops: Tensor
    """(instances, h, w) uint8, framed as `Sample.masks`."""
    corners: Tensor
    """(instances, 2) float32, as `Sample.corners`."""
    chosen: Tensor
    """(n,) int64: the instance of each of these masks."""

    @classmethod
    def of(cls, crops: Tensor, corners: Tensor) -> "CroppedMasks":
        """Each instance once."""
        return cls(crops, corners, torch.arange(len(crops), device=crops.device))

    def __len__(self) -> int:
        """Masks."""
        return len(self.chosen)

    def __getitem__(self, item: int | slice | Tensor) -> "CroppedMasks":
        """Some of the masks, as any of detectron2's structures is indexed."""
        chosen = self.chosen[item]
        return replace(self, chosen=chosen.reshape(1) if isinstance(item, int) else chosen)

    def to(self, *args, **kwargs) -> "CroppedMasks":
        """On another device."""
        return CroppedMasks(
            *(part.to(*args, **kwargs) for part in (self.crops, self.corners, self.chosen))
        )

    def nonempty(self) -> Tensor:
        """(n,) bool: the mask has a pixel."""
        return self.crops.flatten(1).any(dim=1)[self.chosen]

    def crop_and_resize(self, boxes: Tensor, mask_size: int) -> Tensor:
        """Each mask as its box shows it, (n, mask_size, mask_size) bool.

        Args:
            boxes: (n, 4) xyxy in the image.
            mask_size: side of the result.
        """
        found = mask_targets(self.crops, self.corners, boxes.float(), self.chosen, mask_size)
        return found >= THRESHOLD
