"""torchvision's reference training of a detector, as a plain script that saves and goes on."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path

import torch
from model import CocoMasks, mask_rcnn
from torch.utils.data import DataLoader

SAVED = 75


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("images", "annotations", "state", "metrics", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("seed", "gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--epochs", type=int, default=5)
    return parser.parse_args()


def main() -> None:
    given, started = arguments(), time.monotonic()
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    device = "cuda" if given.gpus else "cpu"
    data = CocoMasks(given.images, given.annotations)
    model = mask_rcnn(len(data.classes)).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    steps = given.epochs * (len(data) // 4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1e-3, total_steps=steps, pct_start=0.1
    )
    first, before = 0, 0.0
    if (given.state / "state.pth").exists():
        saved = torch.load(given.state / "state.pth", weights_only=True)
        first, before = saved["epoch"], saved["seconds"]
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])

    for epoch in range(first, given.epochs):
        # The order and the mirrored images of an epoch follow from the seed and the epoch, so that
        # a training that was interrupted goes on like one that was not.
        torch.manual_seed(1000 * given.seed + epoch)
        loader = DataLoader(data, 4, shuffle=True, drop_last=True, collate_fn=lambda batch: batch)
        total = 0.0
        for batch in loader:
            images = [pixels.to(device) for pixels, _ in batch]
            targets = [{key: value.to(device) for key, value in one.items()} for _, one in batch]
            loss = sum(model(images, targets).values())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = before + time.monotonic() - started
        record = {"iteration": (epoch + 1) * len(loader), "iterations": steps}
        record |= {"loss": total / len(loader), "seconds": seconds}
        with given.metrics.open("a") as stream:
            stream.write(json.dumps(record) + "\n")
        print(f"epoch {epoch + 1} of {given.epochs}: loss {record['loss']:.3f}")
        state = {"epoch": epoch + 1, "seconds": seconds, "model": model.state_dict()}
        state |= {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state, given.state / "new.pth")
        (given.state / "new.pth").replace(given.state / "state.pth")
        each = (time.monotonic() - started) / (epoch + 1 - first) / 60
        left = given.minutes - (time.monotonic() - started) / 60
        if epoch + 1 < given.epochs and (stop or left < each):
            sys.exit(SAVED)
    torch.save(model.state_dict(), given.output / "model.pth")


if __name__ == "__main__":
    main()
