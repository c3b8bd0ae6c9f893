"""AP of a run on bootstrap samples of the test images.

Sources: COCO protocol (101 recall points, mean over the IoU thresholds), Efron 1979 (bootstrap),
Kish 1965 (effective number of groups).
"""

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

RECALLS = np.linspace(0, 1, 101)
"""Recall points of the COCO protocol."""
THRESHOLDS = 10
"""IoU thresholds of the COCO protocol, 0.50 to 0.95 in steps of 0.05."""
AT_ONCE = 300_000
"""Limit on predictions times samples in memory."""
FEWEST_FOLDERS = 10
"""Minimum effective number of folders for `auto` to draw folders instead of single images."""


class MatchedPredictions(Protocol):
    """N predictions of a run on I images of K classes, matched with the ground truth.

    Matches of the whole set are valid in every sample, since matching is done per image.
    """

    @property
    def images(self) -> np.ndarray:
        """(I,) str, file names."""

    @property
    def classes(self) -> np.ndarray:
        """(K,) str."""

    @property
    def objects(self) -> np.ndarray:
        """(I, K) int, objects to find."""

    @property
    def image(self) -> np.ndarray:
        """(N,) int, index into `images`."""

    @property
    def category(self) -> np.ndarray:
        """(N,) int, index into `classes`."""

    @property
    def scores(self) -> np.ndarray:
        """(N,) float; equal scores rank in this order."""

    @property
    def hits(self) -> np.ndarray:
        """(N,) uint16, bit t set if the prediction matches an object at IoU threshold t."""

    @property
    def ignored(self) -> np.ndarray:
        """(N,) uint16, bit t set if the prediction is ignored at threshold t."""


def groups_of(images: Sequence[str], how: str) -> tuple[np.ndarray, str]:
    """Groups of images that are drawn together.

    Args:
        images: file names.
        how: `image`: every image is a group; `folder`: the images of a folder, such as a city;
            `auto`: folders if their effective number is ten or more, else images; or a regular
            expression whose match names the group.

    Returns:
        (I,) int, the group of each image from 0; and the name of such groups.
    """
    folders = [name.rpartition("/")[0] for name in images]
    if how == "auto":
        sizes = np.unique(folders, return_counts=True)[1]
        how = "folder" if effective_groups(sizes) >= FEWEST_FOLDERS else "image"
    if how == "image":
        return np.arange(len(images)), "images"
    if how == "folder":
        return np.unique(folders, return_inverse=True)[1], "folders"
    found = [re.search(how, name) for name in images]
    names = [match.group() if match else name for match, name in zip(found, images, strict=True)]
    return np.unique(names, return_inverse=True)[1], f"images alike in {how!r}"


def effective_groups(sizes: np.ndarray) -> float:
    """Effective number of groups: the number of equal groups with the same information (Kish)."""
    total = float(np.sum(sizes))
    return total**2 / float(np.sum(np.square(sizes, dtype=float))) if total else 0.0


def draw_samples(groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Bootstrap samples of all groups, drawn with replacement.

    Args:
        groups: (I,) int, the group of each image from 0.
        count: number of samples.
        seed: seed of the draws.

    Returns:
        (count, I) int, how often each image is in each sample.
    """
    number = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), count)
    return drawn[:, groups]


def average_precisions(matches: MatchedPredictions, samples: np.ndarray) -> np.ndarray:
    """COCO AP of each class on samples of the images.

    Args:
        matches: predictions of a run.
        samples: (B, I) int, how often each image counts.

    Returns:
        (B, K) float64, fractions of 1; NaN if a sample has no object of the class.
    """
    result = np.full((len(samples), len(matches.classes)), np.nan)
    samples = samples.astype(np.int32)  # twice as fast as with eight bytes
    for index in range(len(matches.classes)):
        chosen = np.flatnonzero(matches.category == index)
        ranked = chosen[np.argsort(-matches.scores[chosen], kind="stable")]
        step = max(AT_ONCE // max(ranked.size, 1), 1)
        for start in range(0, len(samples), step):
            part = samples[start : start + step]
            result[start : start + step, index] = _of_class(matches, index, ranked, part)
    return result


def _of_class(
    matches: MatchedPredictions, index: int, ranked: np.ndarray, samples: np.ndarray
) -> np.ndarray:
    """AP (B,) of a class whose predictions are `ranked` from the highest score down."""
    objects = samples @ matches.objects[:, index]
    counts = samples[:, matches.image[ranked]]
    so_far = np.cumsum(counts, axis=1, dtype=counts.dtype)
    most = counts[:, np.flatnonzero(matches.hits[ranked])].sum(axis=1).max(initial=0)
    reached = _points_reached(objects, int(most))
    total = np.zeros(len(samples))
    for threshold in range(THRESHOLDS):
        ignored = (matches.ignored[ranked] >> threshold & 1).astype(bool)
        right = np.flatnonzero((matches.hits[ranked] >> threshold & 1).astype(bool) & ~ignored)
        if right.size:
            found = so_far[:, right]
            left_out = np.flatnonzero(ignored)
            if left_out.size:
                before = np.searchsorted(left_out, right)
                found = found - _cumulated(counts[:, left_out])[:, before]
            total += _curve_area(counts[:, right], found, reached)
    return np.where(objects > 0, total / (THRESHOLDS * RECALLS.size), np.nan)


def _cumulated(counts: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, … columns."""
    return np.concatenate((np.zeros((len(counts), 1), int), np.cumsum(counts, axis=1)), axis=1)


def _points_reached(objects: np.ndarray, most: int) -> np.ndarray:
    """Number of recall points reached by 0, 1, … hits.

    Args:
        objects: (B,) int, objects to find in each sample.
        most: the largest number of hits to consider.

    Returns:
        (B, most + 1) uint8.
    """
    objects = np.maximum(objects, 1)[:, None]
    needed = np.ceil(RECALLS * objects).astype(int)
    # The product is rounded, but the protocol uses the quotient.
    needed -= (needed - 1) / objects >= RECALLS
    needed += needed / objects < RECALLS
    reached = np.zeros((len(objects), most + 1), np.uint8)
    sample, point = np.nonzero(needed <= most)
    np.add.at(reached, (sample, needed[sample, point]), 1)
    return np.cumsum(reached, axis=1, dtype=np.uint8)


def _curve_area(right: np.ndarray, found: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """Sum of the precisions at the recall points, from the correct predictions alone.

    Precision decreases between correct predictions, so the maximum to the right is at one of them.

    Args:
        right: (B, M), how often each correct prediction is in each sample, by score.
        found: (B, M), number of predictions up to and including this one.
        reached: (B, H), number of recall points that 0, 1, … hits reach.
    """
    hits = np.cumsum(right, axis=1, dtype=right.dtype)
    precision = hits / np.maximum(found, 1)
    highest = np.fmax.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    points = np.take_along_axis(reached, hits, axis=1)
    return np.einsum("bm,bm->b", highest, np.diff(points, axis=1, prepend=np.uint8(0)))
