"""COCO results of a trained model: boxes and masks in the pixels of each image."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from model import mask_rcnn, tensor_of
from pycocotools import mask as rle


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "images", "annotations", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = "cuda" if given.gpus else "cpu"
    content = json.loads(given.annotations.read_text())
    model = mask_rcnn(len(content["categories"]))
    model.load_state_dict(torch.load(given.model / "model.pth", weights_only=True))
    model.to(device).eval()
    results = []
    for image in content["images"]:
        with torch.inference_mode():
            (found,) = model([tensor_of(given.images / image["file_name"]).to(device)])
        masks = (found["masks"][:, 0] > 0.5).cpu().numpy().astype(np.uint8)
        for at in range(len(masks)):
            x0, y0, x1, y1 = found["boxes"][at].tolist()
            mask = rle.encode(np.asfortranarray(masks[at]))
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": int(found["labels"][at]),
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "score": float(found["scores"][at]),
                    "segmentation": {**mask, "counts": mask["counts"].decode()},
                }
            )
    given.output.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
