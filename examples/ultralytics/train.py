"""YOLO of Ultralytics from its yaml file, random weights: boxes, or masks with a -seg model."""

import argparse
import json
import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from pycocotools import mask as rle
from ultralytics import YOLO


def convert(images: Path, annotations: Path, folder: Path, masks: bool) -> Path:
    """Write the data set as Ultralytics reads it: a text file an image, an object a line."""
    content = json.loads(annotations.read_text())
    lines = defaultdict(list)
    sizes = {image["id"]: (image["width"], image["height"]) for image in content["images"]}
    for one in content["annotations"]:
        numbers = polygon(one["segmentation"]) if masks else centred(one["bbox"])
        if len(numbers) and not one["iscrowd"]:
            fractions = (np.reshape(numbers, (-1, 2)) / sizes[one["image_id"]]).ravel()
            values = " ".join(f"{value:.5f}" for value in fractions)
            lines[one["image_id"]].append(f"{one['category_id'] - 1} {values}")
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for image in content["images"]:
        target = folder / "images" / f"{image['id']}{Path(image['file_name']).suffix}"
        target.symlink_to((images / image["file_name"]).resolve())
        (folder / f"labels/{image['id']}.txt").write_text("\n".join(lines[image["id"]]))
    # Ultralytics validates after the last epoch, whatever val is: on a training image.
    (folder / "val.txt").write_text(f"{target}\n")
    names = [category["name"] for category in content["categories"]]
    described = {"path": str(folder), "train": "images", "val": "val.txt", "names": names}
    (folder / "data.yaml").write_text(json.dumps(described))
    return folder / "data.yaml"


def centred(box: list[float]) -> list[float]:
    """Centre, width and height of a COCO box."""
    x, y, width, height = box
    return [x + width / 2, y + height / 2, width, height]


def polygon(segmentation: dict) -> np.ndarray:
    """The outline of a mask's largest part, as x and y in turn; empty for less than 3 points."""
    contours, _ = cv2.findContours(
        rle.decode(segmentation), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    points = max(contours, key=cv2.contourArea)
    return points.ravel() if len(points) >= 3 else np.empty(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("images", "annotations", "state", "metrics", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("seed", "gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--model", default="yolo11n.yaml")
    parser.add_argument("--epochs", type=int, default=300)
    given = parser.parse_args()

    earlier = given.metrics.read_text().splitlines() if given.metrics.exists() else []
    before, started = json.loads(earlier[-1])["seconds"] if earlier else 0.0, time.monotonic()

    def tell(trainer: Any) -> None:
        """Append the loss of an epoch to the file that the workflow reads."""
        steps = len(trainer.train_loader)
        record = {"iteration": (trainer.epoch + 1) * steps, "iterations": trainer.epochs * steps}
        record |= {"loss": sum(float(term) for term in trainer.tloss.values())}
        record |= {"seconds": before + time.monotonic() - started}
        with given.metrics.open("a") as stream:
            stream.write(json.dumps(record) + "\n")

    torch.set_num_threads(given.threads)
    masks = "-seg" in given.model
    data = convert(given.images, given.annotations, given.state / "data", masks)
    # Ultralytics writes it after each epoch, which is all that a run needs to go on.
    last = given.state / "run/weights/last.pt"
    model = YOLO(last if last.exists() else given.model)
    model.add_callback("on_train_epoch_end", tell)
    model.train(
        data=str(data),
        resume=last.exists(),
        epochs=given.epochs,
        imgsz=320,
        rect=True,  # all images have one shape; without mosaics
        mosaic=0,
        batch=4,
        nbs=4,
        optimizer="AdamW",
        lr0=0.002,
        warmup_epochs=1,
        warmup_bias_lr=0,
        seed=given.seed,
        device=list(range(given.gpus)) if given.gpus else "cpu",
        workers=0,
        amp=False,
        val=False,
        plots=False,
        project=str(given.state),
        name="run",
        exist_ok=True,
    )
    shutil.copy(last, given.output / "model.pt")


if __name__ == "__main__":
    main()
