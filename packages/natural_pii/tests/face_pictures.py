"""Faces for tests: flat portraits, drawn people, and what becomes of them."""

from functools import lru_cache

import cv2
import numpy as np
from natural_pii import FaceRegion, Route, anonymize
from natural_pii.faces.estimate import skin_of, to_display
from natural_pii.faces.identity import draw_identity
from natural_pii.faces.portrait import draw_head
from natural_pii.faces.pose import pose_of
from natural_pii.faces.render import render
from natural_pii.faces.replace import replace_face, subject_of
from pii_measures import band_passed, correlation, face_crop

WIDTHS = (14, 18, 24, 32, 44, 60)
TONES = ((200, 160, 140), (150, 110, 90), (225, 190, 170))


@lru_cache(maxsize=1)
def scenes() -> list[tuple[np.ndarray, list[FaceRegion]]]:
    """Three images with drawn people of many sizes side by side."""
    return [_scene(number, tone) for number, tone in enumerate(TONES)]


def _scene(number: int, tone: tuple[int, int, int]) -> tuple[np.ndarray, list[FaceRegion]]:
    rng = np.random.default_rng(number)
    image = np.full((160, 600, 3), (90, 105, 120), np.float64)
    image += 8 * cv2.GaussianBlur(rng.normal(0, 20, image.shape), (0, 0), 6)
    regions = []
    for place, width in enumerate(WIDTHS):
        region = face(100 * place + 20, 30, width, lead=float(rng.uniform(-0.12, 0.12)))
        image[_inside(region, image.shape, 1.3)] = tone
        _mark(image, region)
        regions.append(region)
    image = np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)
    for place, region in enumerate(regions):
        image = drawn_over(image, region, 100 * number + place)
    return image, regions


def drawn_portrait(seed: int) -> tuple[np.ndarray, FaceRegion]:
    """A drawn head with strong features before a grey wall, (200, 170, 3), and its region."""
    rng = np.random.default_rng(seed)
    region = face(40, 40, 80, lead=float(rng.uniform(-0.12, 0.12)))
    skin = np.full((200, 170, 3), TONES[seed % len(TONES)], np.uint8)
    pose = pose_of(region)
    head = draw_head(draw_identity(rng), pose, skin_of(skin, pose))
    drawn = render(head, pose, pose, (0, 0, 170, 200))
    alpha = (drawn.head * drawn.shown)[..., None]
    image = (1 - alpha) * (90, 105, 120) + alpha * to_display(drawn.rgb).reshape(skin.shape)
    return image.clip(0, 255).astype(np.uint8), region


def new_face(image, region, seed=0, original=None):
    subject = subject_of(image if original is None else original, region)
    return subject and replace_face(image, subject, seed)


def drawn_over(image, region, seed):
    """The image with a person drawn from a seed."""
    result = image.copy()
    subject = subject_of(image, region)
    assert subject.route is Route.NATURAL
    replace_face(image, subject, seed).paste(result)
    return result


def replaced(image, regions, seed=0):
    """The image with all faces replaced, from the replacements alone."""
    result = image.copy()
    _, outcomes = anonymize(image, regions, seed)
    for outcome in outcomes:
        outcome.paste(result)
    return result, outcomes


def likeness(original, changed, region) -> float:
    """Correlation of the details of a face in two versions of an image, -1 to 1."""
    return correlation(*(band_passed(face_crop(image, region)) for image in (original, changed)))


def face(x0=40.0, y0=30.0, width=40.0, *, turn=0.0, lead=0.0, landmarks=True) -> FaceRegion:
    """A face; `turn` is its roll in radians, `lead` the sideways offset of its nose in widths."""
    height = 1.25 * width
    points = np.array([(-0.21, -0.14), (0.21, -0.14), (lead, 0.05), (-0.18, 0.245), (0.18, 0.245)])
    points = points * (width, height)
    c, s = np.cos(turn), np.sin(turn)
    points = points @ np.array([[c, s], [-s, c]]) + (x0 + width / 2, y0 + height / 2)
    marks = tuple((float(x), float(y)) for x, y in points) if landmarks else None
    return FaceRegion(x0, y0, x0 + width, y0 + height, landmarks=marks)


def portrait(region: FaceRegion, height=130, width=150) -> np.ndarray:
    """A flat background, noise, and skin where the face is."""
    rng = np.random.default_rng(5)
    image = np.full((height, width, 3), (90, 105, 120), np.float64)
    image[_inside(region, image.shape, 1.3)] = (200, 160, 140)
    _mark(image, region)
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def _mark(image: np.ndarray, region: FaceRegion) -> None:
    """Draw a dark dot at each landmark."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    for point in region.landmarks or ():
        near = (x - point[0]) ** 2 + (y - point[1]) ** 2 < (0.07 * region.width) ** 2
        image[near] = (70, 50, 45)


def _inside(region: FaceRegion, shape: tuple[int, ...], size: float) -> np.ndarray:
    """Pixels inside an ellipse around a face."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    across = (x - (region.x0 + region.x1) / 2) / region.width * 2
    down = (y - (region.y0 + region.y1) / 2) / region.height * 2
    return across**2 + down**2 < size


SKIN = (205, 160, 138)
HEAD = face(60.0, 50.0, 60.0)
"""The face in `picture`."""


def picture(*shapes) -> np.ndarray:
    """A bare, bald, closed-mouthed face before a grey wall, with shapes (colour, corners) on it.

    Corners are (u, v) on the face.
    """
    image = np.full((200, 180, 3), (120, 125, 128), np.uint8)
    oval = [(2.1 * np.cos(a), 0.7 + 3.0 * np.sin(a)) for a in np.linspace(0, 6.28, 60)]
    marks = [
        (
            (70, 50, 45),
            [(side * 1.3, -0.1), (side * 0.7, -0.1), (side * 0.7, 0.1), (side * 1.3, 0.1)],
        )
        for side in (-1, 1)
    ]
    lips = ((165, 85, 80), [(-0.8, 2.1), (0.8, 2.1), (0.8, 2.45), (-0.8, 2.45)])
    for colour, corners in ((SKIN, oval), *marks, lips, *shapes):
        points = pose_of(HEAD).pixels(np.array([(u, v, 0.3 - 0.2 * u * u) for u, v in corners]))
        cv2.fillPoly(image, [np.round(points).astype(np.int32)], colour)
    noise = np.random.default_rng(3).normal(0, 2, image.shape)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8)


def box(u0, v0, u1, v1):
    return [(u0, v0), (u1, v0), (u1, v1), (u0, v1)]


def crown(colour):
    """Hair above the forehead and at the temples."""
    return (
        (colour, box(-2.6, -3.2, 2.6, -1.9)),
        (colour, box(-2.7, -2.5, -1.9, -0.3)),
        (colour, box(1.9, -2.5, 2.7, -0.3)),
    )


def curtains(colour):
    """Hair beside the lower face."""
    return (colour, box(-2.8, -0.5, -1.8, 3.5)), (colour, box(1.8, -0.5, 2.8, 3.5))
