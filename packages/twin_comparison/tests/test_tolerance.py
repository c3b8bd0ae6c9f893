"""What coding explains, where little or nothing of an image lies beside what was changed."""

import io

import cv2
import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from PIL import Image
from twin_comparison.boxes import covered, window_of
from twin_comparison.changes import Differences, compared
from twin_comparison.tolerance import ASSUMED_TOLERANCE, MAX_TOLERANCE, MIN_TOLERANCE

ENOUGH = 0.1
"""Share of a box from which the workflow calls it changed."""


class Face:
    """A large face of a drawn street, and what surrounds it."""

    def __init__(self) -> None:
        scene = draw_scene(SceneSettings(seed=3, width=3072, height=1536), "train", 0)
        face = max(scene.faces, key=lambda one: one.box[2] - one.box[0])
        self.street, self.box = scene.image, np.array(face.box, float)

    def crop(self, share: float) -> tuple[np.ndarray, tuple[float, ...]]:
        """A crop of which the face's box takes a share, and the box in it."""
        sides = self.box[2:] - self.box[:2]
        reach = sides / np.sqrt(share)
        start = np.floor(np.maximum((self.box[:2] + self.box[2:] - reach) / 2, 0)).astype(int)
        x, y = np.ceil((self.box[:2] + self.box[2:] + reach) / 2).astype(int)
        return self.street[start[1] : y, start[0] : x].copy(), tuple(self.box - [*start, *start])


@pytest.fixture(scope="module")
def face() -> Face:
    return Face()


def blurred(image: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """Blurred so little that a detector still finds it."""
    window, side = window_of(box, image.shape[:2]), min(box[2] - box[0], box[3] - box[1])
    image = image.copy()
    image[window] = cv2.GaussianBlur(image, (0, 0), 0.1 * side)[window]
    return image


def pixelated(image: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    window = window_of(box, image.shape[:2])
    part = image[window]
    small = cv2.resize(part, (5, 5), interpolation=cv2.INTER_AREA)
    image = image.copy()
    image[window] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return image


def left_alone(image: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    return image


def jpeg(*qualities: int):
    def file(image: np.ndarray) -> bytes:
        for quality in qualities:
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, "JPEG", quality=quality)
            image = decoded(stream.getvalue())
        return stream.getvalue()

    return file


def webp(image: np.ndarray) -> bytes:
    return cv2.imencode(".webp", image[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 75])[1].tobytes()


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)


def differences_of(image, box, method, coding, **more) -> tuple[Differences, float]:
    """Differences of a coded twin, and the changed share of the box."""
    content = coding(method(image, box))
    found = compared(image, decoded(content), coded=content, boxes=[box], **more)
    return found, found.changed()[window_of(box, image.shape[:2])].mean()


CODINGS = {
    "JPEG 75": jpeg(75),
    "JPEG 90": jpeg(90),
    "JPEG twice": jpeg(75, 90),
    "JPEG twice, coarser": jpeg(90, 75),
    "WebP": webp,
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.95, 1.0])
def test_a_face_that_fills_the_image_is_changed_or_not(face, share, coding):
    image, box = face.crop(share)
    for method, is_changed in ((blurred, True), (pixelated, True), (left_alone, False)):
        _, part = differences_of(image, box, method, CODINGS[coding])
        assert (part >= ENOUGH) == is_changed, (method.__name__, part)


@pytest.mark.parametrize("quality", [75, 90])
def test_one_face_of_a_dense_picture_was_left_alone(face, quality):
    """All others were changed; nothing lies between them."""
    tile, box = face.crop(1.0)
    height, width = tile.shape[:2]
    image = np.tile(tile, (3, 4, 1))
    boxes = [
        tuple(np.add(box, (x, y, x, y)))
        for y in range(0, image.shape[0], height)
        for x in range(0, image.shape[1], width)
    ]
    twin = image
    for one in boxes[1:]:
        twin = blurred(twin, one)
    content = jpeg(quality)(twin)
    found = compared(image, decoded(content), coded=content, boxes=boxes)
    assert found.is_assumed
    shares = [found.changed()[window_of(one, image.shape[:2])].mean() for one in boxes]
    assert [share >= ENOUGH for share in shares] == [False] + 11 * [True]


def test_the_tolerance_is_assumed_where_nothing_lies_beside_the_boxes(face):
    image, box = face.crop(0.9)
    found, _ = differences_of(image, box, left_alone, jpeg(90))
    assert found.tolerance.levels == ASSUMED_TOLERANCE
    assert found.is_assumed


def test_an_encoder_that_shows_no_difference_beside_the_boxes_is_known(face):
    image, box = face.crop(0.05)
    found, _ = differences_of(image, box, blurred, jpeg(90))
    assert found.tolerance.levels == MIN_TOLERANCE
    assert not found.is_assumed


def test_what_codecs_alter_in_detail_is_not_taken_from_flat_surroundings():
    """Noise in the box, grey beside it: there, a codec alters nothing."""
    image = np.full((256, 256, 3), 128, np.uint8)
    detail = np.random.default_rng(1).normal(128, 30, (64, 64, 1)).clip(0, 255).astype(np.uint8)
    image[96:160, 96:160] = cv2.GaussianBlur(detail, (0, 0), 1)[..., None]
    found, part = differences_of(image, (96, 96, 160, 160), left_alone, jpeg(90, 60))
    assert found.is_assumed
    assert part < ENOUGH


def test_where_the_whole_image_may_differ_nothing_is_estimated(face):
    image, box = face.crop(0.05)
    shifted = np.roll(image, 5, axis=1)
    content = jpeg(90)(shifted)
    levels = {
        whole: compared(image, shifted, coded=content, boxes=[box], whole_image=whole).tolerance
        for whole in (False, True)
    }
    assert levels[False].levels == MAX_TOLERANCE
    assert levels[True].levels == ASSUMED_TOLERANCE


def test_an_image_that_is_smaller_than_a_block_is_compared():
    image = np.zeros((5, 7, 3), np.uint8)
    content = jpeg(90)(image)
    assert not compared(image, decoded(content), coded=content).changed().any()


def test_boxes_are_covered_with_a_margin_and_cut_at_the_frame():
    mask = covered([(4, 4, 8, 12), (-9, -9, -3, -3)], (16, 10), 0.25)
    assert np.argwhere(mask).min(axis=0).tolist() == [2, 3]
    assert np.argwhere(mask).max(axis=0).tolist() == [13, 8]
    assert mask.sum() == 12 * 6
    assert covered([], (3, 2)).shape == (3, 2)
