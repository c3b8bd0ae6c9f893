"""Randomness that comes from where a region is, not from its place in a list."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from workflow_scripts.contracts.regions import Region


def generator_of(seed: Sequence[int], region: Region) -> np.random.Generator:
    """The generator of a region: of the seed, the kind and the box."""
    box = (region.x0, region.y0, region.x1, region.y1)
    place = sha256(f"{region.kind} {box}".encode()).hexdigest()
    return np.random.default_rng((*seed, int(place[:16], 16)))
