"""Detection of faces and license plates, compared with a single full-size pass over the frame.

`python -m benchmarks.detection` measures the accuracy for faces.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
from drawn_streets import DrawnScene, Label
from pii_detectors import CenterFaceSearch, PlateSearch
from pii_detectors.views import View

from benchmarks.comparison import Comparison, comparison, interleaved
from benchmarks.frames import HEIGHT, WIDTH
from tools.plate_detector.measure import boxes_in
from tools.plate_detector.scenes import large_scene

SEED, SPLIT = 90_210, "val"
FRAMES, ROUNDS = 6, 3
PERSONS = Label.PERSON, Label.RIDER
VEHICLES = Label.CAR, Label.TRUCK, Label.BUS
WHOLE = View(0, 0, WIDTH, HEIGHT)


def comparisons() -> Iterator[Comparison]:
    """Whole frames of 2048x1024, and around labelled objects; one thread."""
    cv2.setNumThreads(1)
    scenes = [large_scene(SEED, index, SPLIT) for index in range(FRAMES)]
    faces, plates = CenterFaceSearch(), PlateSearch()
    network = plates.load()
    yield from _searches(
        "faces", scenes, faces.find, PERSONS, lambda image: faces.look(image, [WHOLE])
    )
    yield from _searches(
        "plates", scenes, plates.find, VEHICLES, lambda image: plates._look(network, image, WHOLE)
    )


def _searches(
    kind: str,
    scenes: list[DrawnScene],
    find: Callable[..., Any],
    labels: tuple[Label, ...],
    look: Callable[[np.ndarray], Any],
) -> Iterator[Comparison]:
    images = [scene.image for scene in scenes]
    boxes = [
        np.array(list(boxes_in(scene.instance_ids, labels)), float).reshape(-1, 4)
        for scene in scenes
    ]
    works = {
        "whole frame": partial(_each, find, images),
        "around labelled objects": partial(_each, find, images, boxes),
        "one pass": partial(_each, look, images),
    }
    works["one pass"]()  # loads the network
    times = interleaved(works, ROUNDS)
    for name in ("whole frame", "around labelled objects"):
        yield comparison(
            f"{kind}, {name}",
            f"find {kind} in 2048x1024 frames, {name}",
            times[name],
            peer=("one full-size pass", times["one pass"]),
            units=len(scenes),
        )


def _each(do: Callable[..., Any], *arguments: list[Any]) -> None:
    for given in zip(*arguments, strict=True):
        do(*given)
