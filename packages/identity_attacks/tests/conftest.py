"""What the package's tests share: libraries of optional groups, and a real face."""

import importlib.util
import os

import numpy as np
import pytest
import skimage.data
from identity_attacks.cutouts import FaceCutout
from pii_measures import FaceRegion


@pytest.fixture(scope="session")
def require_library():
    """Skip a test that needs a library which is not installed; in CI that is a failure."""

    def require(name: str) -> None:
        if importlib.util.find_spec(name) is None:
            if os.environ.get("CI"):
                pytest.fail(f"{name} is not installed, and CI has to have it")
            pytest.skip(f"{name} is not installed")

    return require


@pytest.fixture(scope="session")
def astronaut() -> FaceCutout:
    """Eileen Collins, photographed by NASA, as scikit-image brings her; found by CenterFace."""
    landmarks = ((203.2, 101.7), (247.0, 104.5), (223.3, 125.1), (203.4, 142.3), (241.3, 144.4))
    place = FaceRegion(181.5, 58.2, 269.9, 177.8, landmarks)
    pixels: np.ndarray = skimage.data.astronaut()
    pixels.setflags(write=False)
    return FaceCutout("astronaut", "Eileen Collins", "astronaut.png", pixels, place)
