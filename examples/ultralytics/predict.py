"""COCO results of a trained YOLO: boxes, and masks of a -seg model, in pixels of each image."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from pycocotools import mask as rle
from ultralytics import YOLO


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "images", "annotations", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model = YOLO(given.model / "model.pt")
    results = []
    for image in json.loads(given.annotations.read_text())["images"]:
        (found,) = model.predict(
            str(given.images / image["file_name"]),
            imgsz=320,
            conf=0.001,
            max_det=100,
            retina_masks=True,
            device=0 if given.gpus else "cpu",
            verbose=False,
        )
        for at, box in enumerate(found.boxes):
            x0, y0, x1, y1 = box.xyxy[0].tolist()
            result = {
                "image_id": image["id"],
                "category_id": int(box.cls) + 1,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "score": float(box.conf),
            }
            if found.masks is not None:
                mask = found.masks.data[at].cpu().numpy().astype(np.uint8)
                encoded = rle.encode(np.asfortranarray(mask))
                result["segmentation"] = {**encoded, "counts": encoded["counts"].decode()}
            results.append(result)
    given.output.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
