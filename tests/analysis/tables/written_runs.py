"""Evaluations of runs, written to files, for the tests of Table II."""

import json

import numpy as np
from plain_commands.files import write_json

from tests.commands import tables as main

CLASSES = ("person", "rider", "car")
APS = ("AP", "AP50", "AP75", "APs", "APm", "APl")


def evaluation(variant, seed, aps, **changes):
    """An eval.json. `aps` are the classes' mask APs; those of boxes are 0.1 higher."""

    def scores(offset):
        values = [None if ap is None else ap + offset for ap in aps]
        defined = [value for value in values if value is not None]
        mean = float(np.mean(defined)) if defined else None
        return {
            "mAP": mean,
            "AP50": mean,
            "AP75": mean,
            "per_class": {
                name: {**dict.fromkeys(APS, value), "instances": 5}
                for name, value in zip(CLASSES, values, strict=True)
            },
        }

    return {
        "schema": 1,
        "run": {
            "variant": variant,
            "seed": seed,
            "engine": changes.pop("engine", "torchvision"),
            "fingerprint": f"{variant}-{seed}",
        },
        "tested_on": "unmodified",
        "images": 500,
        "coco": {"segm": scores(0), "bbox": scores(0.1)},
        "cityscapes": {"mAP": 0.2},
        **changes,
    }


def written(folder, *evaluations):
    """Write evaluations as runs; their paths."""
    paths = []
    for content in evaluations:
        run = content["run"]
        path = folder / "runs" / run["variant"] / f"seed~{run['seed']}" / "eval.json"
        write_json(path, content)
        paths.append(path)
    return paths


def expectation(variants=("unmodified", "deep_natural"), seeds=(1, 2, 3)):
    """The `--expected` JSON."""
    return json.dumps({"variants": variants, "seeds": seeds, "classes": CLASSES})


def make(folder, paths, *more, expected=None):
    """Run the command; its exit code."""
    return main(
        [
            "make",
            "--runs",
            *map(str, paths),
            f"--expected={expected or expectation()}",
            f"--output={folder / 'tables'}",
            *more,
        ]
    )
