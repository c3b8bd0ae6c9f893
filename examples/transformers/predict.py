"""COCO results of a trained DETR: boxes in the pixels of each image."""

import argparse
import json
from pathlib import Path

import torch
from data import tensor_of
from transformers import DetrForObjectDetection


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "images", "annotations", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = "cuda" if given.gpus else "cpu"
    model = DetrForObjectDetection.from_pretrained(given.model).to(device).eval()
    results = []
    for image in json.loads(given.annotations.read_text())["images"]:
        with torch.inference_mode():
            found = model(tensor_of(given.images / image["file_name"])[None].to(device))
        # The last class stands for no object.
        scores, classes = found.logits[0].softmax(-1)[:, :-1].max(-1)
        centres, sizes = found.pred_boxes[0].split(2, dim=-1)
        scale = torch.tensor([image["width"], image["height"]], device=device)
        # DETR's boxes may reach beyond the image.
        low = (centres - sizes / 2).clamp(0, 1) * scale
        high = (centres + sizes / 2).clamp(0, 1) * scale
        results += [
            {
                "image_id": image["id"],
                "category_id": int(label) + 1,
                "bbox": [*corner.tolist(), *(opposite - corner).tolist()],
                "score": float(score),
            }
            for score, label, corner, opposite in zip(scores, classes, low, high, strict=True)
        ]
    given.output.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
