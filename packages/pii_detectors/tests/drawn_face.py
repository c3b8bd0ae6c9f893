"""Faces drawn with a few ovals, which CenterFace finds."""

import cv2
import numpy as np


def street(width: int, height: int, faces=()) -> np.ndarray:
    """A plain image with faces (x, y, height)."""
    image = np.full((height, width, 3), (130, 150, 170), np.uint8)
    for face in faces:
        draw_face(image, *face)
    return image


def draw_face(image: np.ndarray, x: float, y: float, height: float) -> None:
    """A face of this height around (x, y), with hair, neck and shoulders."""

    def oval(dx, dy, rx, ry, colour):
        unit = 16 * height / 100
        centre = (round(16 * x + unit * dx), round(16 * y + unit * dy))
        axes = (round(unit * rx), round(unit * ry))
        cv2.ellipse(image, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)

    oval(0, 95, 75, 50, (70, 80, 130))
    oval(0, 55, 17, 25, (190, 145, 120))
    oval(0, -10, 45, 54, (50, 35, 25))
    oval(0, 5, 36, 46, (222, 178, 148))
    for side in (-15, 15):
        oval(side, -15, 10, 2.5, (70, 45, 35))
        oval(side, -4, 7, 3.5, (240, 240, 240))
        oval(side, -4, 3.4, 3.5, (40, 30, 25))
    oval(0, 10, 4, 9, (205, 158, 130))
    for side in (-4, 4):
        oval(side, 17, 2.5, 1.7, (120, 75, 65))
    oval(0, 30, 13, 4.5, (175, 85, 80))
