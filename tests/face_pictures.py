"""Faces for tests: drawn scenes, flat portraits, and what becomes of them."""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from drawn_streets import SceneSettings, draw_scene
from natural_pii.faces.composite import backdrop_of, composite
from natural_pii.faces.identity import draw_identity
from natural_pii.faces.people import replace_faces
from natural_pii.faces.portrait import draw_head
from natural_pii.faces.render import Extent, render
from natural_pii.faces.replace import replace_person, subject_of

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.pii.detectors.centerface import CenterFace

SCENES = ((1024, 512, 0), (1024, 512, 1), (1024, 512, 2), (2048, 1024, 3))


def detected(image: np.ndarray) -> list[Region]:
    height, width = image.shape[:2]
    info = CocoImage(1, "a.png", width, height, "")
    frame = SimpleNamespace(image=image, info=info, threads=1, bearers_of=lambda kind: None)
    return CenterFace().regions(frame, Kind.FACE)


@lru_cache(maxsize=1)
def scenes() -> list[tuple[np.ndarray, list[Region]]]:
    found = []
    for width, height, index in SCENES:
        settings = SceneSettings(seed=3, width=width, height=height)
        scene = draw_scene(settings, "faces", index)
        found.append((scene.image, detected(scene.image)))
    return found


def replace_face(image, region, seed=0, original=None):
    subject = subject_of(image if original is None else original, region)
    return replace_person(image, [subject], seed)[0]


def drawn_over(image, region, seed):
    """The image with a person drawn whom the gate has not seen."""
    subject = subject_of(image, region)
    x0, y0, x1, y1 = subject.box
    rng = np.random.default_rng(seed)
    head = draw_head(draw_identity(rng), subject.pose, subject.skin)
    drawn = render(head, subject.pose, subject.box, Extent())
    result = image.copy()
    patch = image[y0:y1, x0:x1]
    backdrop = backdrop_of(patch, subject.skin, subject.optics, subject.pose.unit)
    result[y0:y1, x0:x1] = composite(backdrop, drawn, rng)
    return result


def replaced(image, regions, seed=0):
    result = image.copy()
    _, outcomes = replace_faces(image, regions, [None] * len(regions), (seed,))
    for outcome in outcomes:
        outcome.paste(result)
    return result, outcomes


def iou(a: Region, b: Region) -> float:
    wide = min(a.x1, b.x1) - max(a.x0, b.x0)
    high = min(a.y1, b.y1) - max(a.y0, b.y0)
    both = max(wide, 0) * max(high, 0)
    return both / (a.width * a.height + b.width * b.height - both)


def face(x0=40.0, y0=30.0, width=40.0, *, turn=0.0, lead=0.0, landmarks=True) -> Region:
    """A face; `turn` is its roll in radians, `lead` how far its nose is to the side, in widths."""
    height = 1.25 * width
    points = np.array([(-0.21, -0.14), (0.21, -0.14), (lead, 0.05), (-0.18, 0.245), (0.18, 0.245)])
    points = points * (width, height)
    c, s = np.cos(turn), np.sin(turn)
    points = points @ np.array([[c, s], [-s, c]]) + (x0 + width / 2, y0 + height / 2)
    marks = tuple((float(x), float(y)) for x, y in points) if landmarks else None
    return Region("a.png", Kind.FACE, 1.0, x0, y0, x0 + width, y0 + height, landmarks=marks)


def portrait(region: Region, height=130, width=150) -> np.ndarray:
    """A flat background, noise, and skin where the face is."""
    rng = np.random.default_rng(5)
    image = np.full((height, width, 3), (90, 105, 120), np.float64)
    y, x = np.mgrid[:height, :width] + 0.5
    middle = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    inside = ((x - middle[0]) / region.width * 2) ** 2 + ((y - middle[1]) / region.height * 2) ** 2
    image[inside < 1.3] = (200, 160, 140)
    for point in region.landmarks or ():
        near = (x - point[0]) ** 2 + (y - point[1]) ** 2 < (0.07 * region.width) ** 2
        image[near] = (70, 50, 45)
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
