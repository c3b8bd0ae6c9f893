"""Audit of a variant, and the attacks' computations per face and per plate.

There is no other program to compare with, so the reference is decoding, which the audit cannot
avoid.
"""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
from identity_attacks.plate_readers import OcrReader
from identity_attacks.recognizers import Dlib

from benchmarks.comparison import Comparison, comparison, interleaved
from benchmarks.speed.anonymization import (
    FRAMES,
    by_command,
    draw,
    pictures_in,
    workflow_command,
)
from workflow_scripts.config.job_settings import settings_json
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.images import read_image
from workflow_scripts.pii.settings import Pii
from workflow_scripts.privacy.evidence import cut

METHOD, ROUNDS = "blur", 2
YARDSTICK = "decoding a frame of 2048x1024"


def comparisons() -> Iterator[Comparison]:
    """Drawn frames of 2048x1024 with several faces and plates each; one thread."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw(folder)
        by_command(folder, METHOD)
        _gather(folder)
        pictures = pictures_in(folder)
        originals = [picture.path for picture in pictures]
        made = sorted((folder / METHOD).rglob("*.png"))
        images = [read_image(path) for path in originals]
        cutouts = {
            kind: [
                cut(image, region)
                for image, picture in zip(images, pictures, strict=True)
                for region in picture.regions
                if region.kind is kind
            ]
            for kind in Kind
        }
        faces, plates = cutouts[Kind.FACE], cutouts[Kind.LICENSE_PLATE]
        dlib, reader = Dlib(), OcrReader()
        lines = [reader.lines(plate) for plate in plates]
        times = interleaved(
            {
                "audit": partial(_audit, folder),
                "both": lambda: list(map(read_image, [*originals, *made])),
                "decode": lambda: list(map(read_image, originals)),
                "vectors": lambda: dlib.vectors(faces),
                "lines": lambda: list(map(reader.lines, plates)),
                "read": lambda: list(map(reader.read, plates, lines)),
            },
            ROUNDS,
        )
    yield comparison(
        "audit",
        f"audit {METHOD} on 2048x1024 frames, including the start of the program",
        times["audit"],
        limit=("decoding originals and anonymized images", times["both"]),
        units=FRAMES,
        note=f"{len(faces)} faces and {len(plates)} plates in {FRAMES} frames",
    )
    frame = tuple(seconds / FRAMES for seconds in times["decode"])
    for name, work, count, unit in (
        ("vectors", "dlib's vector of a face", len(faces), "face"),
        ("lines", "finding the lines of a plate (OCR)", len(plates), "plate"),
        ("read", "reading the lines of a plate (OCR)", len(plates), "plate"),
    ):
        each = tuple(seconds / count for seconds in times[name])
        yield comparison(f"attack, {name}", work, each, limit=(YARDSTICK, frame), unit=unit)


def _gather(folder: Path) -> None:
    (shard,) = (one for one in (folder / METHOD).iterdir() if one.is_dir())
    workflow_command(
        *("anonymization", "gather", "--folders", shard),
        *("--annotations", folder / "index/train.coco.json"),
        *("--output", folder / METHOD / FILE_NAME),
    )


def _audit(folder: Path) -> None:
    workflow_command(
        *("privacy", "audit", "--settings", settings_json(Pii()), "--variant", METHOD),
        *("--annotations", folder / "index/train.coco.json", "--images", folder / "data"),
        *("--regions", folder / "regions.parquet", "--anonymized", folder / METHOD),
        *("--output", folder / "audit.json"),
    )
