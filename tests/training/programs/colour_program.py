"""A trainer that is no part of this project: colours by class, found again as connected regions.

    python colour_program.py train IMAGES ANNOTATIONS SEED STATE OUTPUT
    python colour_program.py predict MODEL IMAGES ANNOTATIONS RESULTS

Where an environment variable STOP_AT names a step, the training saves there and ends with 75, once.
"""

import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
from hotcoco import mask as rle_codec

STEPS = 3


def train(images: Path, annotations: Path, seed: str, state: Path, output: Path) -> None:
    """Write the mean colour of each class, over the objects of a third of the images a step."""
    labels = json.loads(annotations.read_text())
    saved = state / "sums.json"
    done, sums = json.loads(saved.read_text()) if saved.exists() else (0, {})
    print("seed", seed, "from step", done)
    for step in range(done, STEPS):
        for image in labels["images"][step::STEPS]:
            pixels = cv2.imread(str(images / image["file_name"]))
            for label in labels["annotations"]:
                if label["image_id"] == image["id"]:
                    inside = rle_codec.decode(label["segmentation"]).astype(bool)
                    entry = sums.setdefault(str(label["category_id"]), [0.0, 0.0, 0.0, 0.0])
                    for channel in range(3):
                        entry[channel] += float(pixels[inside][:, channel].sum())
                    entry[3] += float(inside.sum())
        saved.write_text(json.dumps([step + 1, sums]))
        if os.environ.get("STOP_AT") == str(step + 1) and done <= step:
            sys.exit(75)
    means = {key: [value / entry[3] for value in entry[:3]] for key, entry in sums.items()}
    (output / "weights").mkdir()
    (output / "weights/colours.json").write_text(json.dumps(means))


def predict(model: Path, images: Path, annotations: Path, results: Path) -> None:
    """Write the regions of each class's colour."""
    means = json.loads((model / "weights/colours.json").read_text())
    found = []
    for image in json.loads(annotations.read_text())["images"]:
        pixels = cv2.imread(str(images / image["file_name"])).astype(float)
        for category, mean in means.items():
            near = (np.abs(pixels - mean).max(axis=2) < 30).astype(np.uint8)
            count, regions, stats, _ = cv2.connectedComponentsWithStats(near)
            for number in range(1, count):
                rle = rle_codec.encode(np.asfortranarray(regions == number).astype(np.uint8))
                found.append(
                    {
                        "image_id": image["id"],
                        "category_id": int(category),
                        "bbox": [int(value) for value in stats[number][:4]],
                        "score": min(1.0, float(stats[number][4]) / 1000),
                        "segmentation": {
                            "size": list(rle["size"]),
                            "counts": rle["counts"]
                            if isinstance(rle["counts"], str)
                            else rle["counts"].decode(),
                        },
                    }
                )
    results.write_text(json.dumps(found))


if __name__ == "__main__":
    mode, *values = sys.argv[1:]
    {"train": train, "predict": predict}[mode](*map(Path, values))
