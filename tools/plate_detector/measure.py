"""`measure`: accuracy of a network on drawings and photographs."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from drawn_streets import Label
from pii_detectors import PlateSearch
from plain_commands.console import log, progress
from plain_commands.files import write_json

from tools.plate_detector.crops import TrainingCrops, widths
from tools.plate_detector.matching import BINS, SearchOutcome, match, summary_of
from tools.plate_detector.photographs import of_photographs
from tools.plate_detector.scenes import large_scene, plates_of
from workflow_scripts.common.cli import Count, File, Folders, Settings
from workflow_scripts.pii.detectors.plates import Plates

SPLIT = "val"
"""Split of the scenes; training uses scenes of the split `train`."""
SCENE_SEED, CROP_SEED = 868_101, 515_253
VISIBLE = 0.6
VEHICLES = (Label.CAR, Label.TRUCK, Label.BUS, Label.TRAIN, Label.MOTORCYCLE)


def of_scenes(search: PlateSearch, count: int) -> dict[str, dict]:
    """Measure on whole scenes, searched completely and inside vehicles."""
    outcomes: dict[str, list[SearchOutcome]] = {"everywhere": [], "inside vehicles": []}
    for index in progress(range(count), total=count, description="scenes"):
        scene = large_scene(SCENE_SEED, index, SPLIT)
        quads, visible = plates_of(scene)
        asked = (visible >= VISIBLE) & (widths(quads) >= BINS[0])
        vehicles = vehicles_in(scene.instance_ids)
        for name, boxes in (("everywhere", None), ("inside vehicles", vehicles)):
            found = search.find(scene.image, boxes).quads
            outcomes[name].append(match(found, quads[asked], quads[~asked]))
    return {name: summary_of(some) for name, some in outcomes.items()}


def vehicles_in(ids: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) of the labelled vehicles of an id image."""
    return np.array(list(boxes_in(ids, VEHICLES)), float).reshape(-1, 4)


def boxes_in(ids: np.ndarray, labels: Sequence[Label]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes x0, y0, x1, y1 of an id image's objects with these labels, including groups."""
    for value in np.unique(ids):
        if (value // 1000 if value >= 1000 else value) in labels:
            x, y, width, height = cv2.boundingRect((ids == value).astype(np.uint8))
            yield x, y, x + width, y + height


def of_crops(search: PlateSearch, count: int) -> dict:
    """Measure on crops drawn as for training, with another seed."""
    crops = TrainingCrops(CROP_SEED, scene_share=0.0)
    outcomes = []
    for number in progress(range(count), total=count, description="crops", unit="crops"):
        crop = crops[number]
        found = search.find(crop.image).quads
        outcomes.append(match(found, crop.quads, crop.ignored))
    return summary_of(outcomes)


def measure(
    *,
    settings: Settings[Plates],
    weights: File | None = None,
    scenes: Count = 100,
    crops: Count = 1000,
    photographs: Folders = (),
    output: File | None = None,
) -> None:
    """Measure recall, coverage, false positives and corner errors on images not used in training.

    The images are whole scenes of 2048x1024 pixels, searched completely and inside vehicles only,
    crops drawn as for training, and photographs. A plate is found if the box around a detection has
    an IoU of at least 0.3 with its own. Plates of which less than 60 % is visible are ignored.

    Args:
        weights: an ONNX file (default: the one included in this project).
        scenes: number of scenes.
        crops: number of crops.
        photographs: folders with photographs, each beside a text file with the position of its
            plate as in openalpr/benchmarks.
        output: file for the numbers, JSON.
    """
    cv2.setNumThreads(1)
    arguments = settings.arguments()
    if weights is not None:
        arguments |= {"weights": weights, "sha256": None}
    search = PlateSearch(**arguments)
    measured = of_scenes(search, scenes) if scenes else {}
    if crops:
        measured["crops"] = of_crops(search, crops)
    for folder in photographs:
        measured |= of_photographs(search, folder)
    for name, numbers in measured.items():
        log.info("%s: %.3f false alarms an image", name, numbers["false_alarms"])
        for row in numbers["by_width"]:
            if row["plates"]:
                log.info(
                    "  %4d to %4d px: %4d plates, recall %.3f, covered %.3f, "
                    "corners %.1f %% (90 %%: %.1f %%)",
                    row["from"], row["to"], row["plates"], row["recall"], row["covered"] or 0,
                    100 * (row["corner_error"] or 0), 100 * (row["corner_error_90"] or 0),
                )  # fmt: skip
    if output is not None:
        write_json(output, measured)
