"""Which image comes when: a sequence that depends on the seed alone.

Position p of the sequence is image p modulo n of a permutation that is drawn anew for every
epoch. Step i takes the positions from i × images_per_step on, and each worker its slice of them.
Nothing about the order has to be stored to resume, and the number of workers does not change it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Share:
    """One worker's positions, step by step; a batch sampler for `torch.utils.data.DataLoader`."""

    first_step: int
    last_step: int
    """Exclusive."""
    images_per_step: int
    rank: int
    workers: int

    def __len__(self) -> int:
        """Steps."""
        return self.last_step - self.first_step

    def __iter__(self) -> Iterator[list[int]]:
        """The positions of each step, in order."""
        share = self.images_per_step // self.workers
        for step in range(self.first_step, self.last_step):
            start = step * self.images_per_step + self.rank * share
            yield list(range(start, start + share))


def image_at(position: int, images: int, seed: int) -> int:
    """Index of the image at a position of the endless sequence, in [0, images)."""
    epoch, place = divmod(position, images)
    return int(_permutation(epoch, images, seed)[place])


@lru_cache(maxsize=4)
def _permutation(epoch: int, images: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(images)
