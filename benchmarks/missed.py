"""Missed regions estimated by a second detector, compared with the truth of drawn scenes.

`python -m benchmarks.missed [FILE]`: FILE is YuNet's, face_detection_yunet_2023mar.onnx of OpenCV's
model zoo; without it, YuNet is left out. Faces and plates count if at least 0.6 is visible.
"""

import sys
from pathlib import Path

import pandas as pd
from drawn_streets import DrawnScene, SceneSettings, draw_scene
from plain_commands.files import sha256_of_file

from workflow_scripts.contracts.missed import SearchedTwice
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.detection import Detector
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.privacy.matching import matched
from workflow_scripts.privacy.missed import searched_twice
from workflow_scripts.privacy.settings import SecondDetection

SEED, SPLIT = 77_177, "val"
SCENES = {(2048, 1024): 40, (1024, 512): 100}
"""Number of scenes by width and height of a frame, pixels."""
VISIBLE = 0.6
FACES = {
    "centerface": {"detector": "centerface"},
    "centerface, scale 0.5": {"detector": "centerface", "scale": 0.5},
    "centerface, scale 2": {"detector": "centerface", "scale": 2.0},
}
PLATES = {
    "plates": {"detector": "plates"},
    "plates, tiles of 512": {"detector": "plates", "tile": 512, "second_look": False},
}
"""Settings of detectors by name."""
PAIRS = (
    ("centerface", "yunet"),
    ("centerface", "yunet, scale 2"),
    ("centerface", "centerface, scale 2"),
    ("centerface, scale 0.5", "yunet"),
    ("plates", "plates, tiles of 512"),
)
"""Pairs of first and second detector."""


def detectors_with(yunet: Path | None) -> dict[str, tuple[Kind, Detector]]:
    """Detectors by name, with the kind of region that each finds."""
    faces = dict(FACES)
    if yunet is not None:
        weights = {"source": str(yunet), "sha256": sha256_of_file(yunet), "licence": "MIT"}
        faces["yunet"] = {"detector": "yunet", "weights": weights}
        faces["yunet, scale 2"] = faces["yunet"] | {"scale": 2.0}
    sections = {name: {"faces": one} for name, one in faces.items()}
    sections |= {name: {"license_plates": one} for name, one in PLATES.items()}
    return {
        name: next(iter(SecondDetection.model_validate(section).detectors.items()))
        for name, section in sections.items()
    }


def truth_of(drawing: DrawnScene) -> list[Region]:
    """Faces and plates of a scene."""
    marks = ((Kind.FACE, drawing.faces), (Kind.LICENSE_PLATE, drawing.plates))
    return [
        Region("", kind, 1.0, *map(float, mark.box))
        for kind, some in marks
        for mark in some
        if mark.visible >= VISIBLE
    ]


def measure(width: int, height: int, count: int, yunet: Path | None) -> pd.DataFrame:
    """One row per pair of detectors, on whole frames."""
    detectors = detectors_with(yunet)
    truth: list[list[Region]] = []
    found: dict[str, list[list[Region]]] = {name: [] for name in detectors}
    for index in range(count):
        drawing = draw_scene(SceneSettings(SEED, width, height), SPLIT, index)
        picture = picture_of(drawing.image)
        truth.append(truth_of(drawing))
        for name, (kind, detector) in detectors.items():
            found[name].append(detector.regions(picture, kind))
    rows = []
    for first, second in PAIRS:
        if not {first, second} <= detectors.keys():
            continue
        kind = detectors[first][0]
        real = [[one for one in scene if one.kind is kind] for scene in truth]
        seen = [_hits(found[name], real) for name in (first, second)]
        both = sum(len(matched(*two)) for two in zip(found[first], found[second], strict=True))
        numbers = searched_twice(*map(len, seen), len(seen[0] & seen[1]))
        every = searched_twice(*(sum(map(len, found[name])) for name in (first, second)), both)
        n = sum(map(len, real))
        rows.append(
            {
                "frames": f"{width}x{height}",
                "first": first,
                "second": second,
                "found": f"{numbers.first}, {numbers.second}, {numbers.both}",
                "estimated": _total(numbers),
                "true": n,
                "missed, estimated": _missed(numbers),
                "missed, true": 1 - numbers.first / n,
                "all finds": f"{every.first}, {every.second}, {every.both}",
                "missed, by all finds": _missed(every),
            }
        )
    return pd.DataFrame(rows)


def _hits(found: list[list[Region]], truth: list[list[Region]]) -> set[tuple[int, int]]:
    """Scene and number of each true region that was found."""
    scenes = enumerate(zip(found, truth, strict=True))
    return {(scene, number) for scene, two in scenes for _, number in matched(*two)}


def _total(numbers: SearchedTwice) -> str:
    return f"{numbers.total:.0f} ({numbers.total_low} to {numbers.total_high})"


def _missed(numbers: SearchedTwice) -> float | None:
    return numbers.missed_by_first and numbers.missed_by_first.value


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    tables = [measure(*size, count, file) for size, count in SCENES.items()]
    print(pd.concat(tables).to_markdown(index=False, floatfmt=".3f"))
