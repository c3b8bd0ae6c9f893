"""A small RT-DETR from a config: random weights, boxes, a plain loop that saves and goes on."""

import argparse
import json
import math
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

import torch
from data import tensor_of
from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig

SAVED, BATCH, RATE = 75, 4, 2e-3


def small_rt_detr(names: list[str]) -> RTDetrForObjectDetection:
    """Instead of this, `RTDetrForObjectDetection.from_pretrained(FOLDER)` starts from weights."""
    widths = [32, 64, 128, 128]
    backbone = RTDetrResNetConfig(
        embedding_size=32,
        hidden_sizes=widths,
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_indices=[2, 3, 4],
    )
    return RTDetrForObjectDetection(
        RTDetrConfig(
            backbone_config=backbone,
            freeze_backbone_batch_norms=False,  # nothing is known about images yet
            encoder_in_channels=widths[1:],
            encoder_hidden_dim=64,
            encoder_ffn_dim=128,
            encoder_attention_heads=4,
            hidden_expansion=0.5,
            d_model=64,
            decoder_in_channels=[64, 64, 64],
            decoder_ffn_dim=128,
            decoder_attention_heads=4,
            decoder_layers=2,
            num_queries=50,
            num_denoising=30,
            label_noise_ratio=0.2,
            id2label=dict(enumerate(names)),
            label2id={name: at for at, name in enumerate(names)},
        )
    )


def targets_of(content: dict) -> dict[int, dict[str, torch.Tensor]]:
    """Labels by image: classes from 0 on, boxes as centre and size, fractions of the image."""
    sizes = {image["id"]: (image["width"], image["height"]) for image in content["images"]}
    classes, boxes = defaultdict(list), defaultdict(list)
    for one in content["annotations"]:
        if not one["iscrowd"]:
            image, (x, y, width, height) = one["image_id"], one["bbox"]
            scale = torch.tensor(sizes[image] * 2)
            centre = torch.tensor([x + width / 2, y + height / 2, width, height])
            boxes[image].append(centre / scale)
            classes[image].append(one["category_id"] - 1)
    return {
        image: {"class_labels": torch.tensor(classes[image]), "boxes": torch.stack(boxes[image])}
        for image in boxes
    }


def mirrored(
    pixels: torch.Tensor, labels: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """An image and its labels, mirrored at random."""
    if torch.rand(()) < 0.5:
        x, *rest = labels["boxes"].unbind(1)
        return pixels.flip(-1), {**labels, "boxes": torch.stack([1 - x, *rest], 1)}
    return pixels, labels


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("images", "annotations", "state", "metrics", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("seed", "gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--epochs", type=int, default=72)
    return parser.parse_args()


def main() -> None:
    given, started = arguments(), time.monotonic()
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    device = "cuda" if given.gpus else "cpu"
    content = json.loads(given.annotations.read_text())
    targets = targets_of(content)
    images = [image for image in content["images"] if image["id"] in targets]
    pixels = [tensor_of(given.images / image["file_name"]) for image in images]

    names = [category["name"] for category in content["categories"]]
    model = small_rt_detr(names).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    steps = given.epochs * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=steps, pct_start=0.1
    )
    state, first, before = given.state / "state.pth", 0, 0.0
    if state.exists():
        saved = torch.load(state, weights_only=True)
        first, before = saved["epoch"], saved["seconds"]
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
    for epoch in range(first, given.epochs):
        # All that is random in an epoch follows from the seed and the epoch, resumed or not.
        torch.manual_seed(1000 * given.seed + epoch)
        batches = torch.randperm(len(images)).split(BATCH)
        total = 0.0
        for batch in batches:
            chosen = [mirrored(pixels[at], targets[images[at]["id"]]) for at in batch]
            labels = [{key: value.to(device) for key, value in one.items()} for _, one in chosen]
            found = model(torch.stack([one for one, _ in chosen]).to(device), labels=labels)
            optimizer.zero_grad()
            found.loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += found.loss.item()
        seconds = before + time.monotonic() - started
        record = {"iteration": (epoch + 1) * len(batches), "iterations": steps}
        record |= {"loss": total / len(batches), "seconds": seconds}
        with given.metrics.open("a") as stream:
            stream.write(json.dumps(record) + "\n")
        print(f"epoch {epoch + 1} of {given.epochs}: loss {record['loss']:.3f}")
        saved = {"epoch": epoch + 1, "seconds": seconds, "model": model.state_dict()}
        saved |= {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(saved, state.with_suffix(".new"))
        state.with_suffix(".new").replace(state)
        each = (time.monotonic() - started) / (epoch + 1 - first) / 60
        left = given.minutes - (time.monotonic() - started) / 60
        if epoch + 1 < given.epochs and (stop or left < each):
            sys.exit(SAVED)
    model.save_pretrained(given.output)


if __name__ == "__main__":
    main()
