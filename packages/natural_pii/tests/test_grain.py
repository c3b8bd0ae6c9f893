"""Noise that is added, and soft borders."""

import numpy as np
import pytest
from natural_pii.grain import feather, noise
from pii_measures.appearance import noise_level


@pytest.mark.parametrize("level", [1.0, 4.0, 8.0])
def test_noise_has_the_level_that_was_asked_for(level):
    made = noise((60, 90), level, np.random.default_rng(0))
    assert noise_level(128 + made) == pytest.approx(level, rel=0.35)


def test_borders_are_softened_inside_of_the_mask():
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    soft = feather(mask, 2)
    assert soft[~mask].max() == 0
    assert soft[10, 10] == 1
    assert 0 < soft[5, 10] < 0.5
