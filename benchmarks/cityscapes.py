"""`python -m benchmarks.cityscapes`: Cityscapes' protocol beside cityscapesScripts."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from instance_ap.cityscapes import evaluate
from instance_ap.predictions import Predictions

from benchmarks.evaluation import HEIGHT, WIDTH, made_up_job
from tests.evaluation import cityscapes_oracle
from workflow_scripts.contracts.cityscapes import LABEL_IDS
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.dataset.cityscapes_reader import instances_of
from workflow_scripts.dataset.reader import ReadImage, number
from workflow_scripts.imaging.masks import decode_mask


def benchmark(
    images: int = 10, objects: int = 20, predictions: tuple[int, ...] = (20, 100)
) -> pd.DataFrame:
    """Time both evaluators: ours from loaded JSON, theirs from the PNG files that it takes.

    Args:
        images: full-size images.
        objects: an image.
        predictions: an image; a row of the result for each number.

    Returns:
        columns what, ours_s, alternative_s, ratio (ours over the alternative), note.

    Raises:
        AssertionError: the two do not give the same numbers.
    """
    rows = []
    for count in predictions:
        drawn, results = made_up_job(images, objects, count)
        frames = [_ids(drawn, image.id) for image in drawn.images]
        split = number(
            [
                ReadImage(image, tuple(instances_of(ids)))
                for image, ids in zip(drawn.images, frames, strict=True)
            ],
            drawn.classes,
        )
        start = time.perf_counter()
        ours = evaluate(split, Predictions.of_coco_results(results, split))
        ours_s = time.perf_counter() - start
        masks = [
            [
                (split.classes[item["category_id"] - 1], item["score"], item["segmentation"])
                for item in results
                if item["image_id"] == image.id
            ]
            for image in split.images
        ]
        with tempfile.TemporaryDirectory() as folder:
            job = cityscapes_oracle.write(
                Path(folder),
                frames,
                [[(name, s, decode_mask(rle)) for name, s, rle in here] for here in masks],
            )
            start = time.perf_counter()
            theirs = cityscapes_oracle.evaluate(job)
            theirs_s = time.perf_counter() - start
        difference = max(abs(result.AP - theirs[name][0]) for name, result in ours.items())
        if difference > 1e-6:
            raise AssertionError(f"the evaluators differ by {difference}")
        rows.append(
            {
                "what": f"Cityscapes evaluation, {len(results)} predictions",
                "ours_s": ours_s,
                "alternative_s": theirs_s,
                "ratio": ours_s / theirs_s,
                "note": f"cityscapesScripts; {images} images of {WIDTH}x{HEIGHT}, "
                f"{len(split.instances)} objects, largest difference {difference:.0e}",
            }
        )
    return pd.DataFrame(rows)


def _ids(split: CocoSplit, image_id: int) -> np.ndarray:
    """The instance id image of made-up objects; later ones cover earlier ones."""
    ids = np.full((HEIGHT, WIDTH), 7, np.uint16)
    for place, instance in enumerate(split.instances_by_image[image_id]):
        ids[decode_mask(instance.segmentation)] = LABEL_IDS[split.class_of(instance)] * 1000 + place
    return ids


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
