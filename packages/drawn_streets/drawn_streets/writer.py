"""Files of a drawn data set: the Cityscapes layout, and the faces and plates beside it.

    {folder}/leftImg8bit/{split}/{city}/{name}_leftImg8bit.png
    {folder}/gtFine/{split}/{city}/{name}_gtFine_{instanceIds,labelIds}.png, …_polygons.json
    {folder}/pii/{split}/{city}/{name}_pii.json
    {folder}/dataset.json         written last: with it, the data set is complete

where {name} is {city}_{index}_{frame}.
"""

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .errors import SettingsError
from .labels import INSTANCE_LABELS
from .marks import VisibleFace, VisiblePlate
from .outlines import Polygon
from .scenes import DrawnScene, SceneSettings, draw_scene

SCHEMA = 1
_CITIES = {"train": (0, 6), "val": (50, 3), "test": (80, 3)}
"""First number and count of the drawn cities of each split; no city is in two splits."""
_FRAME = 19
"""Cityscapes labels the 20th frame of each sequence."""
_FAST = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
_CHUNK = 4
_FACE, _PLATE = "face", "license_plate"
"""Kinds in the PII files."""


@dataclass(frozen=True)
class WrittenScene:
    """Content of a written scene.

    Attributes:
        split: the scene's split.
        instances: number of instances by label id.
        faces: number of visible faces.
        plates: number of visible license plates.
    """

    split: str
    instances: dict[int, int]
    faces: int
    plates: int


def name_of(split: str, index: int) -> tuple[str, str]:
    """City and file stem of a scene."""
    first, count = _CITIES[split]
    city = f"drawnville{first + index % count:02d}"
    return city, f"{city}_{index:06d}_{_FRAME:06d}"


def write_data_set(
    folder: Path,
    settings: SceneSettings,
    images: dict[str, int],
    *,
    workers: int = 1,
    progress: Callable[[Iterable[WrittenScene]], Iterable[WrittenScene]] = iter,
) -> None:
    """Draw and write all scenes, then `dataset.json`.

    Scenes of an earlier data set that are not part of this one are removed.

    Args:
        folder: the data set's folder.
        settings: seed and size.
        images: number of scenes by split; splits are train, val and test.
        workers: number of processes; it does not change the files.
        progress: wrapper of the scenes as they are written, e.g. `tqdm.tqdm` or
            `rich.progress.track`.

    Raises:
        SettingsError: a split is unknown, or a number is out of range.
        OSError: a file cannot be written.
    """
    _check(images, workers)
    marker = folder / "dataset.json"
    marker.unlink(missing_ok=True)
    _remove_leftovers(folder, images)
    splits = [split for split, count in images.items() for _ in range(count)]
    indices = [index for count in images.values() for index in range(count)]
    write = partial(write_scene, folder, settings)
    if workers == 1:
        written = list(progress(map(write, splits, indices)))
    else:
        # Spawned, not forked, since OpenCV's threads do not survive a fork.
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, initializer=_start_worker) as pool:
            written = list(progress(pool.map(write, splits, indices, chunksize=_CHUNK)))
    # Renamed into place, so that a data set with this file is complete.
    temporary = folder / ".dataset.json"
    folder.mkdir(parents=True, exist_ok=True)
    summary = json.dumps(_summary(settings, images, written), indent=1)
    temporary.write_text(summary + "\n", encoding="utf-8")
    temporary.replace(marker)


def _check(images: dict[str, int], workers: int) -> None:
    for split, count in images.items():
        if split not in _CITIES:
            raise SettingsError(f"images.{split}: no such split, known are {', '.join(_CITIES)}")
        if count < 0:
            raise SettingsError(f"images.{split}: has to be at least 0, found {count}")
    if workers < 1:
        raise SettingsError(f"workers: has to be at least 1, found {workers}")


def _start_worker() -> None:
    # Ctrl-C ends the program; a worker that it interrupts could block the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _remove_leftovers(folder: Path, images: dict[str, int]) -> None:
    """Remove scenes of an earlier, larger data set, since readers use every file they find."""
    keep = {
        (split, name_of(split, index)[1])
        for split, count in images.items()
        for index in range(count)
    }
    for part in ("leftImg8bit", "gtFine", "pii"):
        for path in (folder / part).glob("*/drawnville*/drawnville*"):
            stem = "_".join(path.name.split("_")[:3])
            if (path.parent.parent.name, stem) not in keep:
                path.unlink()


def _summary(
    settings: SceneSettings, images: dict[str, int], written: list[WrittenScene]
) -> dict[str, Any]:
    counts = {}
    for split, number in images.items():
        mine = [scene for scene in written if scene.split == split]
        instances: Counter[int] = Counter()
        for scene in mine:
            instances.update(scene.instances)
        counts[split] = {
            "images": number,
            "instances": {label.title: instances[label] for label in sorted(INSTANCE_LABELS)},
            "regions": {
                _FACE: sum(scene.faces for scene in mine),
                _PLATE: sum(scene.plates for scene in mine),
            },
        }
    size = {"seed": settings.seed, "width": settings.width, "height": settings.height}
    return {"schema": SCHEMA, "settings": {**size, "images": dict(images)}, "counts": counts}


def write_scene(folder: Path, settings: SceneSettings, split: str, index: int) -> WrittenScene:
    """Draw and write a scene.

    Args:
        folder: the data set's folder.
        settings: seed and size.
        split: train, val or test.
        index: number of the scene in its split, from 0.

    Raises:
        OSError: a file cannot be written.
    """
    scene = draw_scene(settings, split, index)
    city, stem = name_of(split, index)
    image = Path("leftImg8bit", split, city, f"{stem}_leftImg8bit.png")
    truth = folder / "gtFine" / split / city
    labels = np.where(scene.instance_ids >= 1000, scene.instance_ids // 1000, scene.instance_ids)
    _write_png(folder / image, cv2.cvtColor(scene.image, cv2.COLOR_RGB2BGR))
    _write_png(truth / f"{stem}_gtFine_instanceIds.png", scene.instance_ids)
    _write_png(truth / f"{stem}_gtFine_labelIds.png", labels.astype(np.uint8))
    _write_text(truth / f"{stem}_gtFine_polygons.json", _polygons(scene))
    pii = {"image": image.as_posix(), "regions": [_region(mark) for mark in scene.marks]}
    _write_text(folder / "pii" / split / city / f"{stem}_pii.json", pii)
    values = np.unique(scene.instance_ids)
    instances = Counter(int(value) // 1000 for value in values if value >= 1000)
    return WrittenScene(split, dict(instances), len(scene.faces), len(scene.plates))


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Python's own write states the cause of a failure; OpenCV's does not.
    path.write_bytes(cv2.imencode(".png", pixels, _FAST)[1].tobytes())


def _write_text(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def _polygons(scene: DrawnScene) -> dict[str, Any]:
    height, width = scene.instance_ids.shape
    return {
        "imgHeight": height,
        "imgWidth": width,
        "objects": [_object(polygon) for polygon in scene.polygons],
    }


def _object(polygon: Polygon) -> dict[str, Any]:
    return {"label": polygon.label, "polygon": polygon.points.tolist()}


def _region(mark: VisibleFace | VisiblePlate) -> dict[str, Any]:
    x0, y0, x1, y1 = mark.box
    entry: dict[str, Any] = {
        "kind": _FACE if isinstance(mark, VisibleFace) else _PLATE,
        "x0": x0, "y0": y0, "x1": x1, "y1": y1,
        "visible": round(mark.visible, 4),
        "instance": mark.instance,
    }  # fmt: skip
    if isinstance(mark, VisibleFace):
        entry["landmarks"] = np.round(mark.landmarks, 2).tolist()
    else:
        entry["quad"] = np.round(mark.quad, 2).tolist()
        entry["text"] = mark.text
    return entry
