"""Restored faces: nearer to the original, true to what was measured, found again."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from identity_attacks.cutouts import FaceCutout
from identity_attacks.evidence import Evidence
from identity_attacks.restoration import (
    BlockMeans,
    GaussianBlur,
    TreatedArea,
    restoration,
    restored,
    solved,
)
from pii_measures import FaceRegion
from scipy.spatial.distance import cdist

AREAS = [TreatedArea(), TreatedArea(margin=0.1, ellipse=False)]


def cut(face: FaceCutout) -> FaceCutout:
    """A face with its surroundings, of uneven position and size."""
    pixels = face.pixels[10:260, 100:351].copy()
    place = face.place
    return replace(
        face,
        pixels=pixels,
        place=FaceRegion(place.x0 - 100, place.y0 - 10, place.x1 - 100, place.y1 - 10),
    )


def blurred(face: FaceCutout, strength: float, area: TreatedArea) -> FaceCutout:
    """The whole picture blurred at full resolution, pasted where it is treated."""
    sigma = strength * min(face.place.width, face.place.height)
    return pasted(face, cv2.GaussianBlur(face.pixels, (0, 0), sigma), area)


def mosaic(face: FaceCutout, strength: float, area: TreatedArea) -> FaceCutout:
    """Blocks in their means."""
    x0, y0, x1, y1 = area.box(face)
    means = block_means(face, strength, area)
    filled = face.pixels.copy()
    filled[y0:y1, x0:x1] = cv2.resize(
        np.rint(means), (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST
    )
    return pasted(face, filled, area)


def block_means(face: FaceCutout, strength: float, area: TreatedArea) -> np.ndarray:
    x0, y0, x1, y1 = area.box(face)
    side = strength * min(face.place.width, face.place.height)
    blocks = int((x1 - x0) // side), int((y1 - y0) // side)
    crop = face.pixels[y0:y1, x0:x1].astype(np.float32)
    return cv2.resize(crop, blocks, interpolation=cv2.INTER_AREA)


def pasted(face: FaceCutout, filled: np.ndarray, area: TreatedArea) -> FaceCutout:
    return replace(face, pixels=np.where(area.mask(face)[..., None], filled, face.pixels))


def psnr(face: FaceCutout, other: FaceCutout, area: TreatedArea) -> float:
    """Of the treated pixels, dB."""
    inside = area.mask(face)
    difference = face.pixels[inside].astype(float) - other.pixels[inside]
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("strength", "gain"), [(0.1, 4.0), (0.3, 2.0)])
def test_blur_is_undone_in_part(astronaut, strength, gain, area):
    face = cut(astronaut)
    treated = blurred(face, strength, area)
    result = restored(treated, GaussianBlur(strength, area))
    assert psnr(face, result, area) > psnr(face, treated, area) + gain


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("strength", "gain"), [(0.125, 1.5), (0.25, 0.8)])
def test_mosaic_is_undone_in_part_with_the_same_means(astronaut, strength, gain, area):
    face = cut(astronaut)
    treated = mosaic(face, strength, area)
    result = restored(treated, BlockMeans(strength, area))
    assert psnr(face, result, area) > psnr(face, treated, area) + gain
    problem = BlockMeans(strength, area).problem(treated)
    means = problem.vertical @ np.moveaxis(solved(problem), -1, 0) @ problem.horizontal.T
    means, valid = np.moveaxis(means, 0, -1), problem.valid[..., 0]
    assert means[valid] == pytest.approx(np.rint(block_means(face, strength, area))[valid], abs=0.1)


def test_pixels_that_were_not_treated_stay(astronaut):
    face = cut(astronaut)
    area = TreatedArea()
    for operator in (GaussianBlur(0.2, area), BlockMeans(0.2, area)):
        result = restored(face, operator)
        changed = (result.pixels != face.pixels).any(axis=-1)
        assert changed.any()
        assert not changed[~area.mask(face)].any()


def test_area_of_an_ellipse():
    pixels = np.zeros((300, 300, 3), np.uint8)
    face = FaceCutout("a", "a", "a.png", pixels, FaceRegion(100, 120, 180, 220))
    area = TreatedArea(margin=0.25)
    assert area.box(face) == (80, 95, 200, 245)
    assert area.mask(face).sum() == pytest.approx(np.pi * 60 * 75, rel=2e-3)
    assert TreatedArea(0.25, ellipse=False).mask(face).sum() == 120 * 150


@pytest.mark.parametrize("box", [(-90, 5, -60, 45), (10, 10, 11, 11.5), (70, 40, 130, 90)])
@pytest.mark.parametrize("operator", [GaussianBlur(0.3), BlockMeans(0.25)])
def test_faces_at_the_edge_and_tiny_ones(box, operator):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 90, 3), np.uint8)
    face = FaceCutout("a", "a", "a.png", pixels, FaceRegion(*box))
    assert restored(face, operator).pixels.shape == pixels.shape


class DetailOfPixels:
    """Compares faces pixel by pixel, without their light."""

    name = "pixels"
    sha256 = ""
    threshold = None

    def vectors(self, cutouts) -> np.ndarray:
        rows = []
        for cutout in cutouts:
            place = cutout.place
            inner = cutout.pixels[int(place.y0) : int(place.y1), int(place.x0) : int(place.x1)]
            small = cv2.resize(inner.astype(np.float32), (40, 40), interpolation=cv2.INTER_AREA)
            rows.append((small - cv2.GaussianBlur(small, (0, 0), 4)).ravel())
        return np.array(rows, np.float32)

    def similarity(self, a, b) -> np.ndarray:
        return -cdist(a, b)


def test_restored_faces_are_found():
    """Blurred faces are most like the original with the least contrast, whoever it shows."""
    rng = np.random.default_rng(0)
    faces = []
    for number in range(20):
        texture = cv2.GaussianBlur(rng.normal(0, 300, (120, 120, 3)), (0, 0), 3)
        pixels = np.clip(128 + texture * rng.uniform(0.3, 1), 0, 255).astype(np.uint8)
        place = FaceRegion(40, 36, 80, 84)
        faces.append(FaceCutout(str(number), str(number), f"{number}.png", pixels, place))
    treated = [blurred(face, 0.15, TreatedArea()) for face in faces]
    attacks = [
        restoration(Evidence(faces), Evidence(treated), DetailOfPixels(), operator).rates["rank_1"]
        for operator in (None, GaussianBlur(0.15))
    ]
    assert attacks[0].value < 0.3
    assert attacks[1].value > 0.9
    assert attacks[1].chance == pytest.approx(1 / 20)
