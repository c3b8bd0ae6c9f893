"""Term of a loss as a sum with its count, importable without torch."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LossTerm:
    """Term of a loss, as a sum and the number of items over which it is averaged.

    Training divides by the number over all workers, so the number of workers does not change the
    loss. An engine that only has a mean over its images passes it as `total`, with 1 as `count`.
    """

    total: Tensor
    """Scalar, differentiable."""
    count: int


def added(parts: Sequence[dict[str, LossTerm]]) -> dict[str, LossTerm]:
    """Terms over all images, from the terms over subsets, by name."""
    return {
        name: LossTerm(
            functools.reduce(operator.add, (part[name].total for part in parts)),
            sum(part[name].count for part in parts),
        )
        for name in parts[0]
    }
