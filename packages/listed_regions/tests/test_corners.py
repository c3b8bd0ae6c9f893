"""Corners of outlined plates."""

import cv2
import numpy as np
import pytest
from listed_regions.corners import corners_of


@pytest.mark.parametrize("degrees", [-35, -5, 0, 10, 40])
def test_corners_start_at_the_upper_left_and_go_clockwise(degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([(-40, -10), (40, -10), (40, 10), (-40, 10)]) @ turn + 100
    more_points = np.concatenate((corners, corners[:2] * 0.5 + corners[2:] * 0.5))
    for polygon in (np.roll(corners, 2, axis=0)[::-1], cv2.convexHull(np.float32(more_points))):
        quad = corners_of(np.float32(polygon).reshape(-1, 2))
        np.testing.assert_allclose(quad, corners, atol=0.1)
