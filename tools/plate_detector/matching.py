"""Matching of detected plates with the ground truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from pii_detectors import boxes_around, ious

from tools.plate_detector.crops import widths

BINS = (11, 14, 20, 40, 80, 160, 210, 1000)
"""Widths of plates, pixels."""
MATCHING_IOU = 0.3


@dataclass(frozen=True)
class SearchOutcome:
    """Plates detected in one image, compared with the ground truth.

    Attributes:
        wide: (n,) widths in pixels of the plates to find.
        found: (n,) bool.
        covered: (n,) share of each that the detected quad covers; 0 if not found.
        errors: (n,) mean distance of the corners as a share of the width; NaN if not found.
        false_alarms: number of false positives.
    """

    wide: np.ndarray
    found: np.ndarray
    covered: np.ndarray
    errors: np.ndarray
    false_alarms: int


def match(quads: np.ndarray, truth: np.ndarray, ignored: np.ndarray) -> SearchOutcome:
    """Match detected quads, best first, with the ground truth.

    Args:
        quads: (n, 4, 2), detected plates.
        truth: (m, 4, 2), plates to find.
        ignored: (k, 4, 2), plates whose detection is ignored.
    """
    errors, covered = np.full(len(truth), np.nan), np.zeros(len(truth))
    truth_boxes, ignored_boxes = boxes_around(truth), boxes_around(ignored)
    wide = widths(truth)
    free = np.ones(len(truth), bool)
    false_alarms = 0
    for quad, box in zip(quads, boxes_around(quads), strict=True):
        overlap = ious(box, truth_boxes) * free
        if len(truth) and overlap.max() >= MATCHING_IOU:
            index = int(np.argmax(overlap))
            free[index] = False
            covered[index] = _share_covered(truth[index], quad)
            errors[index] = np.linalg.norm(quad - truth[index], axis=1).mean() / wide[index]
        elif ious(box, ignored_boxes).max(initial=0) == 0:
            false_alarms += 1
    return SearchOutcome(wide, ~free, covered, errors, false_alarms)


def _share_covered(quad: np.ndarray, cover: np.ndarray) -> float:
    """Share of a convex quad (4, 2) that another one covers, 0 to 1."""
    quad, cover = quad.astype(np.float32), cover.astype(np.float32)
    return float(cv2.intersectConvexConvex(quad, cover)[0] / max(cv2.contourArea(quad), 1e-6))


def summary_of(outcomes: Sequence[SearchOutcome]) -> dict:
    """Recall, coverage and corner errors by width, and false positives per image."""
    wide, found, covered, errors = (
        np.concatenate([getattr(outcome, name) for outcome in outcomes])
        for name in ("wide", "found", "covered", "errors")
    )
    rows = []
    for low, high in [*pairwise(BINS), (20, BINS[-1])]:
        mine = (wide >= low) & (wide < high)
        hits = errors[mine & found]
        rows.append(
            {
                "from": low,
                "to": high,
                "plates": int(mine.sum()),
                "recall": float(found[mine].mean()) if mine.any() else None,
                "covered": float(covered[mine & found].mean()) if hits.size else None,
                "corner_error": float(hits.mean()) if hits.size else None,
                "corner_error_90": float(np.quantile(hits, 0.9)) if hits.size else None,
            }
        )
    alarms = float(np.mean([outcome.false_alarms for outcome in outcomes]))
    return {"images": len(outcomes), "false_alarms": alarms, "by_width": rows}
