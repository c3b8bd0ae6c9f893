"""COCO results of a trained RT-DETR: boxes in the pixels of each image."""

import argparse
import json
from pathlib import Path

import torch
from data import tensor_of
from transformers import RTDetrForObjectDetection


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "images", "annotations", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = "cuda" if given.gpus else "cpu"
    model = RTDetrForObjectDetection.from_pretrained(given.model).to(device).eval()
    results = []
    for image in json.loads(given.annotations.read_text())["images"]:
        with torch.inference_mode():
            found = model(tensor_of(given.images / image["file_name"])[None].to(device))
        # Each query may find several classes: the best of all pairs, as in RT-DETR's own code.
        likely = found.logits[0].sigmoid()
        scores, pairs = likely.flatten().topk(min(100, likely.numel()))
        queries, classes = pairs // likely.shape[1], pairs % likely.shape[1]
        centres, sizes = found.pred_boxes[0, queries].split(2, dim=-1)
        scale = torch.tensor([image["width"], image["height"]], device=device)
        # Its boxes may reach beyond the image.
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
