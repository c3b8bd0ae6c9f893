"""Noise and sharpness, of pictures whose noise and sharpness are known."""

import cv2
import numpy as np
import pytest
from pii_measures.appearance import blur_sigma, noise_level


def test_noise_is_measured():
    rng = np.random.default_rng(0)
    for level in (1.0, 4.0, 8.0):
        flat = 128 + rng.normal(0, level, (60, 90, 3))
        assert noise_level(np.clip(flat, 0, 255)) == pytest.approx(level * 0.67, rel=0.2)
    assert noise_level(np.full((60, 90, 3), 128, np.uint8)) == 0
    assert noise_level(np.zeros((2, 90, 3), np.uint8)) == 0


def test_blur_is_measured():
    step = np.zeros((40, 40), np.float32)
    step[:, 20:] = 200
    for sigma in (0.6, 1.0, 2.0):
        assert blur_sigma(cv2.GaussianBlur(step, (0, 0), sigma)) == pytest.approx(sigma, rel=0.3)
    assert blur_sigma(np.full((40, 40), 90, np.float32)) == 0.5
