"""Conversion of masks to the polygons of annotation files."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Polygon:
    """Object of a Cityscapes polygon file.

    Attributes:
        label: name of the label.
        points: (n, 2) int, x and y in pixels.
    """

    label: str
    points: np.ndarray


def outline(mask: np.ndarray) -> np.ndarray | None:
    """Polygon around a mask; separate parts are joined by bridges without width.

    Args:
        mask: (h, w) bool or uint8.

    Returns:
        (n, 2) int x, y with n >= 3; None for an empty mask.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    parts = sorted((c[:, 0, :] for c in found if len(c) > 2), key=cv2.contourArea, reverse=True)
    if not parts:
        return None
    joined = parts[0]
    for part in parts[1:]:
        joined = _joined(joined, part)
    return joined


def outlines(ids: np.ndarray, titles: dict[int, str]) -> list[Polygon]:
    """Polygons that reproduce an id image when painted in this order.

    Args:
        ids: (h, w) uint16.
        titles: name of the label by id, for each id to outline.
    """
    found = []
    for value in np.unique(ids):
        if value in titles:
            parts, _ = cv2.findContours(
                (ids == value).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
            )
            found += [Polygon(titles[value], part[:, 0, :]) for part in parts if len(part) > 2]
    return sorted(found, key=lambda polygon: cv2.contourArea(polygon.points), reverse=True)


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Polygon around the first, across to the second at the closest points, and back."""
    gaps = ((first[:, None].astype(np.int64) - second[None]) ** 2).sum(axis=2)
    a, b = np.unravel_index(int(gaps.argmin()), gaps.shape)
    detour = np.concatenate([second[b:], second[: b + 1]])
    return np.concatenate([first[: a + 1], detour, first[a:]])
