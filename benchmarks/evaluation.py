"""`python -m benchmarks.evaluation`: the COCO evaluation beside that of pycocotools."""

import contextlib
import copy
import io
import time
from typing import Any

import numpy as np
import pandas as pd
from instance_ap.coco import IouType, PrecisionCurves, evaluate
from instance_ap.predictions import Predictions

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.imaging.masks import encode_mask

WIDTH, HEIGHT = 2048, 1024
"""Of an image, pixels."""


def benchmark(
    images: int = 500, instances: int = 20, predictions: tuple[int, ...] = (20, 100)
) -> pd.DataFrame:
    """Time both evaluators, on masks and boxes, from loaded JSON to the per-class APs.

    Args:
        images: full-size images.
        instances: ground-truth objects an image.
        predictions: predicted objects an image; a row of the result for each number.

    Returns:
        columns what, ours_s, alternative_s, ratio (ours over the alternative), note.

    Raises:
        AssertionError: the two do not give the same numbers.
    """
    rows = []
    for count in predictions:
        split, results = made_up_job(images, instances, count)
        annotations = _annotations(split)
        copies = {kind: copy.deepcopy(results) for kind in IouType}  # pycocotools writes into them
        start = time.perf_counter()
        ours = evaluate(split, Predictions.of_coco_results(results, split))
        between = time.perf_counter()
        theirs = {kind: _pycocotools(annotations, copies[kind], kind) for kind in IouType}
        end = time.perf_counter()
        largest_difference = max(_difference(ours[kind], theirs[kind]) for kind in IouType)
        if largest_difference > 1e-6:
            raise AssertionError(f"the evaluators differ by {largest_difference}")
        rows.append(
            {
                "what": f"COCO evaluation, {len(results)} predictions",
                "ours_s": between - start,
                "alternative_s": end - between,
                "ratio": (between - start) / (end - between),
                "note": f"pycocotools; {images} images of {WIDTH}x{HEIGHT}, "
                f"{len(split.instances)} objects, largest difference {largest_difference:.0e}",
            }
        )
    return pd.DataFrame(rows)


def made_up_job(
    images: int, instances: int, predictions: int, seed: int = 0
) -> tuple[CocoSplit, list[dict[str, Any]]]:
    """Blobs as ground truth, and moved blobs with scores as COCO results, the same for a seed."""
    generator = np.random.default_rng(seed)
    objects: list[Instance] = []
    results: list[dict[str, Any]] = []
    for image_id in range(1, images + 1):
        here = [_place(generator) for _ in range(instances)]
        for (x, y, size, shape), category_id in here:
            objects.append(
                Instance(
                    id=len(objects) + 1,
                    image_id=image_id,
                    category_id=category_id,
                    bbox=(x, y, size, size),
                    area=int(shape.sum()),
                    segmentation=encode_mask(shape, x, y, HEIGHT, WIDTH),
                )
            )
        for _ in range(predictions):
            (x, y, size, shape), category_id = here[generator.integers(len(here))]
            x = int(np.clip(x + generator.normal(0, size / 8), 0, WIDTH - size))
            y = int(np.clip(y + generator.normal(0, size / 8), 0, HEIGHT - size))
            results.append(
                {
                    "image_id": image_id,
                    "category_id": category_id,
                    "segmentation": encode_mask(shape, x, y, HEIGHT, WIDTH),
                    "score": round(float(generator.uniform(0.05, 1)), 3),
                }
            )
    files = tuple(
        CocoImage(number, f"{number}.png", WIDTH, HEIGHT, "") for number in range(1, images + 1)
    )
    return CocoSplit(CLASSES, files, tuple(objects)), results


def _place(generator: np.random.Generator) -> tuple[tuple[int, int, int, np.ndarray], int]:
    """A blob with a wavy outline: x, y, size in pixels, (size, size) bool; and its class."""
    size = int(np.clip(generator.lognormal(4, 0.8), 8, 600))
    x = int(generator.integers(WIDTH - size))
    y = int(generator.integers(HEIGHT - size))
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    waves = generator.integers(2, 7)
    outline = 0.8 + 0.2 * np.sin(np.arctan2(rows, columns) * waves + generator.uniform(0, 6))
    shape = np.hypot(rows, columns) <= outline * size / 2
    return (x, y, size, shape), int(generator.integers(1, len(CLASSES) + 1))


def _annotations(split: CocoSplit) -> dict[str, Any]:
    return {
        "info": {},
        "images": [vars(image) for image in split.images],
        "categories": [{"id": k, "name": name} for k, name in enumerate(split.classes, start=1)],
        "annotations": [
            {**vars(instance), "bbox": list(instance.bbox)} for instance in split.instances
        ],
    }


def _pycocotools(annotations: dict[str, Any], results: list[dict], kind: IouType) -> np.ndarray:
    """Per-class precision by pycocotools: (T, R, K, A)."""
    from pycocotools.coco import COCO  # noqa: PLC0415 - a dependency of development only
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = annotations
        truth.createIndex()
        evaluator = COCOeval(truth, truth.loadRes(results), kind.value)
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator.eval["precision"][..., -1]


def _difference(ours: PrecisionCurves, theirs: np.ndarray) -> float:
    """Largest difference of the classes' AP."""
    return max(
        abs((ours.mean(class_index=index) or 0) - theirs[:, :, index, 0].mean())
        for index in range(theirs.shape[2])
    )


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
