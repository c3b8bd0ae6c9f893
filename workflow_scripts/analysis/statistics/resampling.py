"""The AP of a run on other samples of the test images, drawn from those that there are."""

import re
from collections.abc import Sequence

import numpy as np

from workflow_scripts.contracts.matches import THRESHOLDS, Matches

RECALLS = np.linspace(0, 1, 101)
"""Of the COCO protocol."""
AT_ONCE = 2_000_000
"""Predictions times samples that are held in memory together."""
FEWEST_FOLDERS = 10
"""With fewer folders, worth so many of equal size, images are drawn one by one."""


def groups_of(images: Sequence[str], how: str) -> tuple[np.ndarray, str]:
    """Which images are drawn together.

    Args:
        images: file names.
        how: `image`: each by itself; `folder`: those of a folder, such as a city; `auto`: the
            folders if they are worth ten of equal size, else each image; or a regular expression
            whose match names the group.

    Returns:
        (I,) int, the group of each image from 0; and what a group is, in words.
    """
    folders = [name.rpartition("/")[0] for name in images]
    if how == "auto":
        sizes = np.unique(folders, return_counts=True)[1]
        how = "folder" if worth(sizes) >= FEWEST_FOLDERS else "image"
    if how == "image":
        return np.arange(len(images)), "images"
    if how == "folder":
        return np.unique(folders, return_inverse=True)[1], "folders"
    found = [re.search(how, name) for name in images]
    names = [match.group() if match else name for match, name in zip(found, images, strict=True)]
    return np.unique(names, return_inverse=True)[1], f"images alike in {how!r}"


def worth(sizes: np.ndarray) -> float:
    """How many groups of equal size tell as much as groups of these sizes (Kish)."""
    total = float(np.sum(sizes))
    return total**2 / float(np.sum(np.square(sizes, dtype=float))) if total else 0.0


def draw_samples(groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Samples of the images: as many groups as there are, drawn with replacement.

    Args:
        groups: (I,), the group of each image from 0.
        count: samples.
        seed: another one draws others.

    Returns:
        (count, I) int, how often each image is in each sample.
    """
    number = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), count)
    return drawn[:, groups]


def average_precisions(matches: Matches, samples: np.ndarray) -> np.ndarray:
    """COCO's AP of each class on samples of the images.

    Args:
        matches: of a run.
        samples: (B, I) int, how often each image counts.

    Returns:
        (B, K) float64, fractions of 1; NaN where a sample holds no object of the class.
    """
    result = np.full((len(samples), len(matches.classes)), np.nan)
    for index in range(len(matches.classes)):
        chosen = np.flatnonzero(matches.category == index)
        ranked = chosen[np.argsort(-matches.scores[chosen], kind="stable")]
        step = max(AT_ONCE // max(ranked.size, 1), 1)
        for start in range(0, len(samples), step):
            part = samples[start : start + step]
            result[start : start + step, index] = _of_class(matches, index, ranked, part)
    return result


def _of_class(matches: Matches, index: int, ranked: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """AP (B,) of a class whose predictions are `ranked` from the highest score down."""
    objects = samples @ matches.objects[:, index]
    counts = samples[:, matches.image[ranked]]
    so_far = np.cumsum(counts, axis=1)
    total = np.zeros(len(samples))
    for threshold in range(THRESHOLDS):
        ignored = (matches.ignored[ranked] >> threshold & 1).astype(bool)
        right = np.flatnonzero((matches.hits[ranked] >> threshold & 1).astype(bool) & ~ignored)
        if right.size:
            left_out = np.flatnonzero(ignored)
            before = _cumulated(counts[:, left_out])[:, np.searchsorted(left_out, right)]
            total += _curve_area(counts[:, right], so_far[:, right] - before, objects)
    return np.where(objects > 0, total / (THRESHOLDS * RECALLS.size), np.nan)


def _cumulated(counts: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, … columns."""
    return np.concatenate((np.zeros((len(counts), 1), int), np.cumsum(counts, axis=1)), axis=1)


def _curve_area(right: np.ndarray, found: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Sum of the precisions at the recall points, looking at right predictions only.

    Between two of them precision falls: the highest one to the right is at one of them.

    Args:
        right: (B, M), how often each right prediction is in each sample, by score.
        found: (B, M), predictions up to this one, itself included.
        objects: (B,), objects to find.
    """
    hits = np.cumsum(right, axis=1)
    precision = hits / np.maximum(found, 1)
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = hits / np.maximum(objects, 1)[:, None]
    points = np.diff(np.searchsorted(RECALLS, recall, "right"), axis=1, prepend=0)
    return np.einsum("bm,bm->b", highest, points)
