"""Writes scenes as Cityscapes lays out its files, and beside them what is known of their PII.

    {root}/leftImg8bit/{split}/{city}/{name}_leftImg8bit.png
    {root}/gtFine/{split}/{city}/{name}_gtFine_{instanceIds,labelIds}.png, …_polygons.json
    {root}/pii/{split}/{city}/{name}_pii.json
    {root}/dataset.json         written last: with it the data set is complete

where name is {city}_{index}_{frame}.
"""

import json
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from workflow_scripts.common.console import progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_json

from .drawing import Drawing, draw
from .labels import INSTANCE_LABELS
from .marks import MarkKind, Region
from .outlines import Polygon

SCHEMA = 1
_CITIES = {"train": (0, 6), "val": (50, 3), "test": (80, 3)}
"""First number and how many drawn cities a split has; no city is in two splits."""
_FRAME = 19
"""Cityscapes labels the 20th frame of each sequence."""
_FAST = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
_CHUNK = 4


@dataclass(frozen=True)
class SceneSettings:
    """What determines the scenes: see `draw`."""

    seed: int
    width: int
    height: int


@dataclass(frozen=True)
class Written:
    """What one written scene holds.

    Attributes:
        split: its split.
        instances: how many instances it has, by label id.
        marks: how many visible faces and plates it has, by kind.
    """

    split: str
    instances: dict[int, int]
    marks: dict[str, int]


def name_of(split: str, index: int) -> tuple[str, str]:
    """City and file stem of scene `index`: they depend on nothing else."""
    first, count = _CITIES[split]
    city = f"drawnville{first + index % count:02d}"
    return city, f"{city}_{index:06d}_{_FRAME:06d}"


def write_data_set(
    root: Path, settings: SceneSettings, images: dict[str, int], workers: int
) -> None:
    """Draw and write all scenes, then `dataset.json`.

    Args:
        root: folder of the data set.
        settings: seed and size.
        images: how many scenes each split has; splits are train, val and test.
        workers: processes to draw with; the files are the same with any number.

    Raises:
        UserError: a split is unknown or the folder holds another data set.
    """
    unknown = sorted(set(images) - set(_CITIES))
    if unknown:
        raise UserError(f"images.{unknown[0]}: no such split, known are {', '.join(_CITIES)}")
    marker = root / "dataset.json"
    marker.unlink(missing_ok=True)
    _remove_leftovers(root, images)
    tasks = [(split, index) for split, count in images.items() for index in range(count)]
    write = partial(write_scene, root, settings)
    shown = partial(progress, total=len(tasks), description="drawing")
    if workers <= 1:
        written = list(shown(map(write, *zip(*tasks, strict=True))))
    else:
        # Spawned, not forked: OpenCV's threads do not survive a fork.
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, initializer=_alone) as pool:
            results = pool.map(write, *zip(*tasks, strict=True), chunksize=_CHUNK)
            written = list(shown(results))
    write_json(marker, _summary(settings, images, written))


def _alone() -> None:
    cv2.setNumThreads(1)


def _remove_leftovers(root: Path, images: dict[str, int]) -> None:
    """Remove scenes of an earlier, larger data set: readers take every file they find."""
    keep = {
        (split, name_of(split, index)[1])
        for split, count in images.items()
        for index in range(count)
    }
    for folder in ("leftImg8bit", "gtFine", "pii"):
        for path in (root / folder).glob("*/drawnville*/drawnville*"):
            stem = "_".join(path.name.split("_")[:3])
            if (path.parent.parent.name, stem) not in keep:
                path.unlink()


def _summary(settings: SceneSettings, images: dict[str, int], written: list[Written]) -> dict:
    counts = {}
    for split, number in images.items():
        mine = [scene for scene in written if scene.split == split]
        instances: Counter[int] = Counter()
        marks: Counter[str] = Counter()
        for scene in mine:
            instances.update(scene.instances)
            marks.update(scene.marks)
        counts[split] = {
            "images": number,
            "instances": {label.title: instances[label] for label in sorted(INSTANCE_LABELS)},
            "regions": {kind.value: marks[kind.value] for kind in MarkKind},
        }
    return {
        "schema": SCHEMA,
        "settings": {
            "seed": settings.seed,
            "width": settings.width,
            "height": settings.height,
            "images": dict(images),
        },
        "counts": counts,
    }


def write_scene(root: Path, settings: SceneSettings, split: str, index: int) -> Written:
    """Draw and write one scene.

    Args:
        root: folder of the data set.
        settings: seed and size.
        split: train, val or test.
        index: from 0.
    """
    drawing = draw(settings, split, index)
    city, stem = name_of(split, index)
    image = Path("leftImg8bit", split, city, f"{stem}_leftImg8bit.png")
    truth = root / "gtFine" / split / city
    labels = np.where(
        drawing.instance_ids >= 1000, drawing.instance_ids // 1000, drawing.instance_ids
    )
    _write_png(root / image, cv2.cvtColor(drawing.image, cv2.COLOR_RGB2BGR))
    _write_png(truth / f"{stem}_gtFine_instanceIds.png", drawing.instance_ids)
    _write_png(truth / f"{stem}_gtFine_labelIds.png", labels.astype(np.uint8))
    _write_text(truth / f"{stem}_gtFine_polygons.json", _polygons(drawing))
    pii = {"image": image.as_posix(), "regions": [_region(region) for region in drawing.regions]}
    _write_text(root / "pii" / split / city / f"{stem}_pii.json", pii)
    values = np.unique(drawing.instance_ids)
    instances = Counter(int(value) // 1000 for value in values if value >= 1000)
    marks = Counter(region.kind.value for region in drawing.regions)
    return Written(split, dict(instances), dict(marks))


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(os.fspath(path), pixels, _FAST):
        raise UserError(f"{path}: could not be written; is the disk full?")


def _write_text(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def _polygons(drawing: Drawing) -> dict:
    height, width = drawing.instance_ids.shape
    return {
        "imgHeight": height,
        "imgWidth": width,
        "objects": [_object(polygon) for polygon in drawing.polygons],
    }


def _object(polygon: Polygon) -> dict:
    return {"label": polygon.label, "polygon": polygon.points.tolist()}


def _region(region: Region) -> dict:
    x0, y0, x1, y1 = region.box
    entry = {
        "kind": region.kind.value,
        "x0": x0, "y0": y0, "x1": x1, "y1": y1,
        "visible": round(region.visible, 4),
        "instance": region.instance,
    }  # fmt: skip
    if region.landmarks is not None:
        entry["landmarks"] = np.round(region.landmarks, 2).tolist()
    if region.quad is not None:
        entry["quad"] = np.round(region.quad, 2).tolist()
        entry["text"] = region.text
    return entry
