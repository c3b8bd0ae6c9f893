"""A small DETR from a config: random weights, boxes, a plain loop that saves and goes on."""

import argparse
import json
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

import torch
from data import tensor_of
from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig

SAVED, BATCH = 75, 8


def small_detr(names: list[str]) -> DetrForObjectDetection:
    """Instead of this, `DetrForObjectDetection.from_pretrained(FOLDER)` starts from weights."""
    backbone = ResNetConfig(
        embedding_size=32,
        hidden_sizes=[32, 64, 128, 128],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage3"],
    )
    model = DetrForObjectDetection(
        DetrConfig(
            backbone_config=backbone,
            d_model=128,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=256,
            decoder_ffn_dim=256,
            num_queries=30,
            init_std=0.09,
            auxiliary_loss=True,
            id2label=dict(enumerate(names)),
            label2id={name: at for at, name in enumerate(names)},
        )
    )
    # As in DETR's own code: queries that start alike stay alike for long.
    torch.nn.init.normal_(model.model.query_position_embeddings.weight)
    return model


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


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("images", "annotations", "state", "metrics", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("seed", "gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--epochs", type=int, default=300)
    given, started = parser.parse_args(), time.monotonic()
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    device = "cuda" if given.gpus else "cpu"
    content = json.loads(given.annotations.read_text())
    targets = targets_of(content)
    images = [image for image in content["images"] if image["id"] in targets]
    pixels = [tensor_of(given.images / image["file_name"]) for image in images]

    model = small_detr([category["name"] for category in content["categories"]]).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=1e-4)
    state, first, before = given.state / "state.pth", 0, 0.0
    if state.exists():
        saved = torch.load(state, weights_only=True)
        first, before = saved["epoch"], saved["seconds"]
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
    for epoch in range(first, given.epochs):
        # Order and dropout of an epoch follow from the seed and the epoch, resumed or not.
        torch.manual_seed(1000 * given.seed + epoch)
        batches = torch.randperm(len(images)).split(BATCH)
        total = 0.0
        for batch in batches:
            labels = [
                {key: value.to(device) for key, value in targets[images[at]["id"]].items()}
                for at in batch
            ]
            found = model(torch.stack([pixels[at] for at in batch]).to(device), labels=labels)
            optimizer.zero_grad()
            found.loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            total += found.loss.item()
        seconds = before + time.monotonic() - started
        record = {"iteration": (epoch + 1) * len(batches)}
        record |= {"iterations": given.epochs * len(batches)}
        record |= {"loss": total / len(batches), "seconds": seconds}
        with given.metrics.open("a") as stream:
            stream.write(json.dumps(record) + "\n")
        print(f"epoch {epoch + 1} of {given.epochs}: loss {record['loss']:.3f}")
        saved = {"epoch": epoch + 1, "seconds": seconds, "model": model.state_dict()}
        torch.save({**saved, "optimizer": optimizer.state_dict()}, state.with_suffix(".new"))
        state.with_suffix(".new").replace(state)
        each = (time.monotonic() - started) / (epoch + 1 - first) / 60
        left = given.minutes - (time.monotonic() - started) / 60
        if epoch + 1 < given.epochs and (stop or left < each):
            sys.exit(SAVED)
    model.save_pretrained(given.output)


if __name__ == "__main__":
    main()
