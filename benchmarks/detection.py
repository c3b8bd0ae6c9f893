"""Accuracy and speed of face detection, compared with a single full-scale pass.

`python -m benchmarks.detection` measures each setting on 40 held-out drawn scenes of 2048x1024.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
import pandas as pd
from drawn_streets import DrawnScene, Label
from pii_detectors import CenterFaceSearch, FaceDetections, ious
from pii_detectors.views import View

from tools.plate_detector.measure import boxes_in
from tools.plate_detector.scenes import large_scene

SEED, SPLIT = 90_210, "val"
SCENES = 40
ONE, WHOLE, LABELLED = "one pass", "whole frame", "around labelled persons"
SCALES = {ONE: 1.0, "one pass at 0.75": 0.75, "one pass at 0.5": 0.5}
BINS = (12, 20, 40, 80, 1000)
"""Shorter sides of faces, pixels; the renderer marks none below 12."""
VISIBLE, MATCHING_IOU = 0.6, 0.3


@dataclass(frozen=True)
class Scene:
    """Drawn scene.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        faces: (n, 4) boxes of the visible parts of its faces, pixels.
        landmarks: (n, 5, 2) pixels.
        asked: (n,) bool, whether enough of the face is visible to count.
        persons: (m, 4) boxes of labelled persons and riders.
    """

    image: np.ndarray
    faces: np.ndarray
    landmarks: np.ndarray
    asked: np.ndarray
    persons: np.ndarray

    @classmethod
    def of(cls, drawing: DrawnScene) -> "Scene":
        """Ground truth of a drawing."""
        faces = drawing.faces
        persons = list(boxes_in(drawing.instance_ids, (Label.PERSON, Label.RIDER)))
        return cls(
            drawing.image,
            np.array([face.box for face in faces], float).reshape(-1, 4),
            np.array([face.landmarks for face in faces], float).reshape(-1, 5, 2),
            np.array([face.visible >= VISIBLE for face in faces], bool),
            np.array(persons, float).reshape(-1, 4),
        )


def measure(scenes: Sequence[Scene]) -> pd.DataFrame:
    """Measure each setting on the same scenes, with one thread.

    Returns:
        One row per setting: CPU time per frame in ms, and relative to a single pass; recall, also
        by size; false positives per frame; landmarks' mean error as a share of the face's width.
    """
    cv2.setNumThreads(1)
    CenterFaceSearch().load(threads=1)
    searches: dict[str, Callable[[Scene], FaceDetections]] = {
        **{name: partial(_in_one_pass, scale) for name, scale in SCALES.items()},
        WHOLE: lambda scene: CenterFaceSearch().find(scene.image),
        LABELLED: lambda scene: CenterFaceSearch().find(scene.image, scene.persons),
    }
    found: dict[str, list[FaceDetections]] = {name: [] for name in searches}
    seconds = dict.fromkeys(searches, 0.0)
    for scene in (scenes[0], *scenes):  # the first one twice, as a warm-up
        for name, search in searches.items():
            started = time.process_time()
            faces = search(scene)
            seconds[name] = seconds[name] + time.process_time() - started if found[name] else 0.0
            found[name].append(faces)
    return pd.DataFrame(
        [
            {
                "setting": name,
                "ms": 1e3 * seconds[name] / len(scenes),
                "relative to one pass": seconds[name] / seconds[ONE],
                **_quality(scenes, found[name][1:]),
            }
            for name in searches
        ]
    )


def _in_one_pass(scale: float, scene: Scene) -> FaceDetections:
    """Faces found in a single pass over the whole frame at one scale."""
    whole = View(0, 0, scene.image.shape[1], scene.image.shape[0], scale)
    return CenterFaceSearch().look(scene.image, [whole])


def _quality(scenes: Sequence[Scene], found: Sequence[FaceDetections]) -> dict[str, float]:
    sizes, hits, errors, alarms = [], [], [], 0
    for scene, faces in zip(scenes, found, strict=True):
        for index in np.flatnonzero(scene.asked):
            box = scene.faces[index]
            overlap = ious(box, faces.boxes)
            sizes.append(min(box[2] - box[0], box[3] - box[1]))
            hits.append(bool(overlap.max(initial=0) >= MATCHING_IOU))
            if hits[-1]:
                distance = faces.landmarks[overlap.argmax()] - scene.landmarks[index]
                errors.append(np.linalg.norm(distance, axis=1).mean() / (box[2] - box[0]))
        alarms += sum(ious(box, scene.faces).max(initial=0) < 0.1 for box in faces.boxes)
    sized, hit = np.array(sizes), np.array(hits)
    by_size = {}
    for low, high in pairwise(BINS):
        mine = (sized >= low) & (sized < high)
        by_size[f"{low} to {high} ({mine.sum()})"] = hit[mine].mean()
    return {
        "recall": hit.mean(),
        **by_size,
        "false positives": alarms / len(scenes),
        "landmarks": float(np.mean(errors)),
    }


if __name__ == "__main__":
    some = int(sys.argv[1]) if len(sys.argv) > 1 else SCENES
    result = measure([Scene.of(large_scene(SEED, index, SPLIT)) for index in range(some)])
    print(result.to_markdown(index=False, floatfmt=".3f"))
