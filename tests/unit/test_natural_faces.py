"""Drawn heads in place of faces: found again, unlike the old ones, and nothing else touched."""

from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from workflow_scripts.anonymization.natural.faces import gate
from workflow_scripts.anonymization.natural.faces.composite import composite
from workflow_scripts.anonymization.natural.faces.estimate import optics_of
from workflow_scripts.anonymization.natural.faces.identity import draw_identity
from workflow_scripts.anonymization.natural.faces.people import replace_faces
from workflow_scripts.anonymization.natural.faces.portrait import draw_head
from workflow_scripts.anonymization.natural.faces.pose import pose_of
from workflow_scripts.anonymization.natural.faces.render import Extent, render
from workflow_scripts.anonymization.natural.faces.replace import replace_person, subject_of
from workflow_scripts.anonymization.natural.replacement import Route
from workflow_scripts.coco import CocoImage
from workflow_scripts.pii.detectors.centerface import CenterFace
from workflow_scripts.regions import Kind, Region
from workflow_scripts.synthetic.drawing import draw
from workflow_scripts.synthetic.marks import MarkKind

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
        settings = SimpleNamespace(seed=3, width=width, height=height)
        drawing = draw(settings, "faces", index)
        found.append((drawing.image, detected(drawing.image)))
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
    result[y0:y1, x0:x1] = composite(image[y0:y1, x0:x1], drawn, subject.skin, subject.optics, rng)
    return result


def replaced(image, regions, seed=0):
    result = image.copy()
    outcomes = replace_faces(image, regions, [None] * len(regions), (seed,))
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


def test_drawn_scenes_keep_findable_faces_that_are_unlike_the_old_ones():
    total = again = 0
    alike, paths = [], []
    for image, regions in scenes():
        result, outcomes = replaced(image, regions)
        hits = detected(result)
        total += len(regions)
        again += sum(any(iou(old, new) > 0.3 for new in hits) for old in regions)
        alike += [gate.similarity(image, result, region) for region in regions]
        paths += [outcome.route for outcome in outcomes]
    assert total >= 15
    assert again >= 0.9 * total
    assert max(alike) <= gate.MAX_SIMILARITY
    assert np.mean([path is not Route.FALLBACK for path in paths]) >= 0.9


def test_all_drawn_faces_can_be_replaced():
    settings = SimpleNamespace(seed=4, width=1024, height=512)
    drawing = draw(settings, "faces", 0)
    marks = [mark for mark in drawing.regions if mark.kind is MarkKind.FACE]
    assert marks
    for mark in marks:
        points = tuple(map(tuple, np.float64(mark.landmarks)))
        region = Region("a.png", Kind.FACE, 1.0, *mark.box, landmarks=points)
        outcome = replace_face(drawing.image, region, 0)
        assert outcome.similarity <= gate.MAX_SIMILARITY


def test_the_same_generator_gives_the_same_bytes_and_another_one_another_person():
    region = face()
    image = portrait(region)
    first, second, other = (replace_face(image, region, seed) for seed in (7, 7, 8))
    assert first.patch.tobytes() == second.patch.tobytes()
    assert first.box == second.box
    assert first.patch.tobytes() != other.patch.tobytes()


def test_overlapping_faces_bring_nothing_back():
    first, second = face(40, 30), face(62, 34)
    image = portrait(first)
    alone = image.copy()
    replace_face(image, first, 0).paste(alone)
    both, _ = replaced(image, [first, second])
    hidden = gate.similarity(image, both, first)
    assert hidden <= gate.MAX_SIMILARITY
    again = alone.copy()
    replace_face(alone, second, 1, original=image).paste(again)
    changed = (again != alone).any(axis=2)
    assert changed.any()
    came_back = changed & (again == image).all(axis=2) & (alone != image).any(axis=2)
    assert came_back.mean() < 0.002  # a pixel may meet its old value by chance


def test_the_image_is_left_as_it_is():
    region = face()
    image = portrait(region)
    before = image.copy()
    image.setflags(write=False)
    outcome = replace_face(image, region, 0)
    assert (image == before).all()
    x0, y0, x1, y1 = outcome.box
    assert outcome.patch.shape == (y1 - y0, x1 - x0, 3)
    assert outcome.patch.dtype == np.uint8


def test_nothing_of_the_old_inner_face_is_left():
    """Two images that differ inside the face only, where no colour is looked at, give the same."""
    region = face(width=60)
    image = portrait(region)
    inner = pose_of(region).pixels(np.array([(0.0, 2.2, 0.3)]))[0].astype(int)
    marked = image.copy()
    marked[inner[1] - 3 : inner[1] + 3, inner[0] - 8 : inner[0] + 8, 0] ^= 0x80
    results = []
    for source in (image, marked):
        result = drawn_over(source, region, 2)
        results.append(result[inner[1] - 3 : inner[1] + 3, inner[0] - 8 : inner[0] + 8])
    difference = np.abs(np.int16(results[0]) - results[1])
    assert difference.max() < 40  # of 128: brightness and contrast as a whole may follow
    assert difference.mean() < 12


@pytest.mark.parametrize("seed", range(8))
def test_old_brows_are_covered_wherever_the_new_face_is_tried(seed):
    region = face(width=60)
    image = portrait(region)
    pose = pose_of(region)
    for u in (-1.55, -1.1, -0.5, 0.5, 1.1, 1.55):
        x, y = pose.pixels(np.array([(u, -0.75, 0.2)]))[0]
        cv2.circle(image, (int(x), int(y)), 2, (0, 255, 0), -1)
    result = image.copy()
    outcome = replace_face(image, region, seed)
    outcome.paste(result)
    assert outcome.route is not Route.FALLBACK
    green = np.int16(result[..., 1]) - result[..., ::2].max(axis=2)
    assert green.max() < 20


@pytest.mark.parametrize(("x0", "y0"), [(-20, -15), (128, 100), (-25, 60), (60, -30), (134, 10)])
@pytest.mark.parametrize("landmarks", [True, False])
def test_faces_at_borders_stay_inside_the_frame(x0, y0, landmarks):
    region = face(x0, y0, landmarks=landmarks)
    image = portrait(region)
    outcome = replace_face(image, region, 3)
    left, top, right, bottom = outcome.box
    assert 0 <= left < right <= 150
    assert 0 <= top < bottom <= 130
    assert outcome.patch.shape == (bottom - top, right - left, 3)


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5, 6.0])
def test_the_smallest_faces_change(width):
    region = face(50.2, 40.7, width)
    image = portrait(face())
    outcome = replace_face(image, region, 3)
    result = image.copy()
    outcome.paste(result)
    assert (result != image).any()


@pytest.mark.parametrize(
    "region",
    [
        face(x0=500),
        face(y0=-400),
        Region("a.png", Kind.FACE, 1, 20, 20, 20, 40),
        Region("a.png", Kind.FACE, 1, 20, 40, 30, 30),
        Region("a.png", Kind.FACE, 1, float("nan"), 20, 40, 50),
        Region("a.png", Kind.FACE, 1, 20, 20, float("inf"), 50),
    ],
)
def test_regions_without_extent_or_outside_are_ignored(region):
    assert replace_face(portrait(face()), region, 0) is None


def test_a_region_larger_than_the_image_is_replaced():
    region = face(-100, -100, 300)
    outcome = replace_face(portrait(face(), 40, 50), region, 0)
    assert outcome.box == (0, 0, 50, 40)


@pytest.mark.parametrize(
    "landmarks",
    [
        None,
        ((float("nan"), 1.0),) * 5,
        ((1000.0, 1000.0),) * 5,
        ((float("inf"), 1.0), *((50.0, 50.0),) * 4),
        ((-1e9, 3.0), (60.0, 50.0), (55.0, 58.0), (52.0, 66.0), (62.0, 66.0)),
        ((1.0, 1.0),) * 3,
    ],
)
def test_landmarks_that_cannot_be_are_replaced_by_usual_ones(landmarks):
    region = face()
    region = Region("a.png", Kind.FACE, 1, region.x0, region.y0, region.x1, region.y1, landmarks)
    pose = pose_of(region)
    assert pose.drawable
    assert abs(pose.yaw) < 0.05
    assert abs(pose.roll) < 0.05
    outcome = replace_face(portrait(face()), region, 0)
    assert outcome.route is not Route.FALLBACK


@pytest.mark.parametrize(
    "extreme",
    [
        {"turn": 1.3},
        {"turn": -1.4},
        {"turn": 3.1},
        {"lead": 0.4},
        {"lead": -0.45},
    ],
)
def test_extreme_turns_take_the_fallback(extreme):
    region = face(**extreme)
    image = portrait(region)
    outcome = replace_face(image, region, 0)
    assert outcome.route is Route.FALLBACK
    x0, y0, x1, y1 = outcome.box
    part = (slice(int(region.y0 + 10) - y0, int(region.y1 - 10) - y0),
            slice(int(region.x0 + 10) - x0, int(region.x1 - 10) - x0))  # fmt: skip
    assert outcome.patch[part].std(axis=(0, 1)).max() < 25
    assert image[y0:y1, x0:x1][part].std(axis=(0, 1)).max() > 25


def test_landmarks_in_one_point_take_the_fallback():
    region = face()
    points = ((60.0, 55.0),) * 5
    region = Region("a.png", Kind.FACE, 1, region.x0, region.y0, region.x1, region.y1, points)
    outcome = replace_face(portrait(face()), region, 0)
    assert outcome.route is Route.FALLBACK


@pytest.mark.parametrize("turn", [-0.7, -0.3, 0.3, 0.7])
def test_tilted_faces_are_drawn_tilted(turn):
    region = face(turn=turn)
    assert np.isclose(pose_of(region).roll, turn, atol=0.02)
    outcome = replace_face(portrait(region), region, 0)
    assert outcome.route is not Route.FALLBACK


def test_yaw_follows_the_nose():
    left, ahead, right = (pose_of(face(lead=lead)).yaw for lead in (-0.12, 0.0, 0.12))
    assert left < -0.25
    assert abs(ahead) < 0.02
    assert right > 0.25


def test_no_face_stays_alike_however_it_is_compared():
    """Of details, and of all that is seen, aligned and in the middle of the box."""
    for image, regions in scenes():
        result, outcomes = replaced(image, regions)
        for region, outcome in zip(regions, outcomes, strict=True):
            pose = pose_of(region)
            before, after = (gate.look_of(source, region, pose) for source in (image, result))
            aligned = gate.correlation(before.aligned, after.aligned)
            plain = gate.plain_correlation(before.aligned, after.aligned)
            boxed = gate.plain_correlation(before.boxed, after.boxed)
            assert max(aligned, plain, boxed) <= gate.MAX_SIMILARITY
            assert outcome.similarity == max(aligned, plain, boxed)


@pytest.mark.parametrize("turn", [1.4, 3.1])
def test_the_fallback_is_unlike_too(turn):
    for image, regions in scenes()[:2]:
        for region in regions:
            points = np.array(region.landmarks)
            c, s = np.cos(turn), np.sin(turn)
            points = (points - points.mean(axis=0)) @ np.array([[c, s], [-s, c]])
            points += np.mean(region.landmarks, axis=0)
            askew = replace(region, landmarks=tuple(map(tuple, points.tolist())))
            outcome = replace_face(image, askew)
            assert outcome.route is Route.FALLBACK
            result = image.copy()
            outcome.paste(result)
            assert gate.similarity(image, result, askew) <= gate.MAX_SIMILARITY


def test_similarity_tells_the_same_face_from_others():
    image, regions = scenes()[-1]
    shifted = np.clip(np.int16(image) + 12, 0, 255).astype(np.uint8)
    largest = max(regions, key=lambda region: region.height)
    assert gate.similarity(image, shifted, largest) > 0.95
    looks = [gate.look_of(image, region, pose_of(region)) for region in regions]
    pairs = gate.between_people(looks)
    assert len(pairs) == len(regions) * (len(regions) - 1) // 2
    assert pairs.mean() < gate.similarity(image, shifted, largest)


def test_what_has_no_colour_of_skin_is_blurred_unless_nothing_has_colours():
    region = face()
    image = portrait(region)
    helmet = image[..., ::-1].copy()
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    paths = [replace_face(source, region, 0).route for source in (image, helmet, grey)]
    assert paths == [Route.NATURAL, Route.FALLBACK, Route.NATURAL]


def test_a_face_takes_the_tone_and_the_bright_side_of_the_old_one():
    region = face(width=50)
    image = portrait(region)
    dark = np.uint8(image * 0.45)
    slope = np.linspace(0.5, 1.3, image.shape[1])[:, None]
    lit = np.clip(image * slope, 0, 255).astype(np.uint8)
    x0, y0 = int(region.x0), int(region.y0)
    inner = slice(y0 + 22, y0 + 45), slice(x0 + 8, x0 + 42)
    for source in (image, dark, lit):
        outcome = replace_face(source, region, 0)
        result = source.copy()
        outcome.paste(result)
        ratio = result[inner].mean(axis=(0, 1)) / source[inner].mean(axis=(0, 1))
        assert (ratio > 0.75).all()
        assert (ratio < 1.25).all()
    left, right = result[inner][:, :12].mean(), result[inner][:, -12:].mean()
    assert right > 1.03 * left  # a part of the light only: the rest would be the old face's


def test_the_picture_does_not_decide_who_the_new_person_is():
    """The same generator over other faces of the same pose draws the same features."""
    region = face(width=60)
    light = portrait(region)
    other = np.clip(np.int16(light) + 8, 0, 255).astype(np.uint8)
    pose = pose_of(region)
    crops = []
    for image in (light, other):
        result = image.copy()
        replace_face(image, region, 11).paste(result)
        crops.append(gate.crop_of(result, pose))
    assert gate.correlation(*crops) > 0.95


def test_blur_and_noise_of_a_picture_are_measured():
    image, regions = scenes()[-1]
    largest = max(regions, key=lambda region: region.height)
    rows = slice(int(largest.y0) - 10, int(largest.y1) + 10)
    columns = slice(max(int(largest.x0) - 10, 0), int(largest.x1) + 10)
    sharp = image[rows, columns]
    blurs = [
        optics_of(cv2.GaussianBlur(sharp, (0, 0), sigma)).blur for sigma in (0.01, 1.0, 1.5, 2.0)
    ]
    assert blurs == sorted(blurs)
    assert np.allclose(blurs[1:], (1.1, 1.55, 2.05), atol=0.35)
    flat = np.full((60, 60, 3), 120.0)
    for sigma in (1.0, 2.0, 4.0):
        noisy = flat + np.random.default_rng(0).normal(0, sigma, (60, 60, 1))
        measured = optics_of(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)).noise
        assert np.isclose(measured, sigma, rtol=0.3)


@pytest.mark.parametrize("lead", [0.0, 0.1, 0.2, -0.22])
def test_no_pixel_between_the_old_landmarks_shows_through(lead):
    """Dots that are there or not, too small for tone and contrast, make hardly a difference."""
    region = face(width=60, lead=lead)
    image = portrait(region)
    points = np.array(region.landmarks)
    hull = cv2.fillConvexPoly(
        np.zeros(image.shape[:2], np.uint8), cv2.convexHull(np.int32(points)), 1
    )
    rows, columns = np.nonzero(hull)
    chosen = np.random.default_rng(4).choice(len(rows), 12, replace=False)
    dotted = image.copy()
    dotted[rows[chosen], columns[chosen]] = (0, 255, 0)
    results = []
    for source in (image, dotted):
        result = drawn_over(source, region, 2)
        results.append(np.int16(result[rows[chosen], columns[chosen]]))
    assert np.abs(results[0] - results[1]).max() < 25
