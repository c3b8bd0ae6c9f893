"""Anonymized images from elsewhere that are not what they should be, each with the line it gets."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from plain_commands.files import sha256_of
from twin_comparison.resemblance import Resemblance, resemblance

from tests.anonymization.anonymizing import apply, write_index
from tests.anonymization.street_twins import (
    FACE,
    HEIGHT,
    NAMES,
    SHARD,
    WIDTH,
    hidden,
    lines_of,
    scene,
    take_over,
)
from workflow_scripts.anonymization.method import Finished
from workflow_scripts.anonymization.twins import compare
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import FILE_NAME as MANIFEST
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import with_ids, write_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture

OTHER_PICTURE = (
    "{path}: does not match town/a.png: outside faces and license plates, {what}; make it "
    "again, or set `whole_image: true` for a method that redraws whole images"
)
TEXTURE = "its texture agrees by # (at least 0.8): turned, mirrored, or of another image"
MOVED = "it is moved by # pixels (at most 0.8)"
COLOURS = "its colours agree by # (at least 0.97): channels in another order, or grey"
BRIGHTNESS = "its brightness differs by # of 255 levels (at most 6): another gamma or exposure"
Change = Callable[[np.ndarray], np.ndarray]


def jpeg(quality: int) -> Change:
    def coded(image: np.ndarray) -> np.ndarray:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        return cv2.imdecode(cv2.imencode(".jpg", image, options)[1], cv2.IMREAD_COLOR)

    return coded


def gamma(power: float) -> Change:
    return lambda image: (255 * (image / 255.0) ** power).round().astype(np.uint8)


def moved(pixels: int, axis: int = 1) -> Change:
    return lambda image: np.roll(image, pixels, axis)


def zoomed(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, None, fx=1.1, fy=1.1)[:HEIGHT, :WIDTH]


def scaled(factor: float) -> Change:
    def there_and_back(image: np.ndarray) -> np.ndarray:
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)

    return there_and_back


def covered(share: float, blur: bool) -> Change:
    def with_part_covered(image: np.ndarray) -> np.ndarray:
        image, part = image.copy(), slice(0, round(share * WIDTH))
        image[:, part] = cv2.GaussianBlur(image, (0, 0), 6)[:, part] if blur else 0
        return image

    return with_part_covered


def then(*steps: Change) -> Change:
    def all_of_them(image: np.ndarray) -> np.ndarray:
        for step in steps:
            image = np.ascontiguousarray(step(image))
        return image

    return all_of_them


def assert_said(lines: list[str], expected: str) -> None:
    """One line, in which `#` stands for a number."""
    assert len(lines) == 1, lines
    pattern = re.escape(expected).replace(r"\#", r"-?\d+\.\d+")
    assert re.fullmatch(pattern, lines[0]), lines[0]


PICTURES: dict[str, tuple[Change, str]] = {
    "upside down": (lambda image: image[::-1, ::-1], TEXTURE),
    "upside down, JPEG": (then(lambda image: image[::-1, ::-1], jpeg(80)), TEXTURE),
    "mirrored": (lambda image: image[:, ::-1], TEXTURE),
    "flipped": (lambda image: image[::-1], TEXTURE),
    "negative": (lambda image: 255 - image, TEXTURE),
    "black": (lambda image: image * 0, TEXTURE),
    "noise": (
        lambda image: np.random.default_rng(9).integers(0, 256, image.shape, np.uint8),
        TEXTURE,
    ),
    "another street": (lambda image: scene(7), TEXTURE),
    "zoomed": (zoomed, TEXTURE),
    "blue for red": (lambda image: image[..., ::-1], COLOURS),
    "blue for red, JPEG": (then(lambda image: image[..., ::-1], jpeg(60)), COLOURS),
    "channels turned": (lambda image: image[..., [1, 2, 0]], COLOURS),
    "green for blue": (lambda image: image[..., [0, 2, 1]], COLOURS),
    "grey": (
        lambda image: image.mean(axis=2, keepdims=True).repeat(3, 2).astype(np.uint8),
        COLOURS,
    ),
    "moved by 1 pixel": (moved(1), MOVED),
    "moved by 1 pixel, JPEG": (then(moved(1), jpeg(50)), MOVED),
    "moved by 1 pixel up": (moved(-1, 0), MOVED),
    "moved by 2 pixels": (moved(2), MOVED),
    "gamma 0.8": (gamma(0.8), BRIGHTNESS),
    "gamma 1.25": (gamma(1.25), BRIGHTNESS),
    "gamma 1.25, JPEG": (then(gamma(1.25), jpeg(75)), BRIGHTNESS),
    "darker": (lambda image: image // 2, BRIGHTNESS),
}


@pytest.mark.parametrize("case", PICTURES)
def test_another_picture_is_refused(twins, capsys, case):
    change, what = PICTURES[case]
    path = twins / "theirs" / NAMES[0]
    write_png(path, np.ascontiguousarray(change(hidden(read_image(twins / "in" / NAMES[0])))))
    assert take_over(twins) == 2
    assert_said(lines_of(capsys.readouterr().err), OTHER_PICTURE.format(path=path, what=what))
    assert not (twins / "images/v" / SHARD).exists()


def write_with_orientation(path: Path, image: np.ndarray, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(image)).save(path, exif=exif)


KEPT = "its EXIF orientation is {}: store pixels and orientation like the original"
ORIENTATIONS = {
    "turned pixels": (np.rot90, 6, f"128x256 pixels; the original has 256x128; {KEPT.format(6)}"),
    "upside down": (
        lambda image: image[::-1, ::-1],
        3,
        OTHER_PICTURE.format(path="", what=f"{TEXTURE}; {KEPT.format(3)}").removeprefix(": "),
    ),
}


@pytest.mark.parametrize("case", ORIENTATIONS)
def test_an_orientation_that_the_original_has_not_is_named(twins, capsys, case):
    change, orientation, what = ORIENTATIONS[case]
    path = twins / "theirs" / NAMES[0]
    write_with_orientation(path, change(hidden(read_image(twins / "in" / NAMES[0]))), orientation)
    assert take_over(twins) == 2
    assert_said(lines_of(capsys.readouterr().err), f"{path}: {what}")


def test_pixels_that_are_stored_as_the_originals_count_whatever_the_orientation(twins):
    path = twins / "theirs" / NAMES[0]
    write_with_orientation(path, hidden(read_image(twins / "in" / NAMES[0])), 6)
    assert take_over(twins) == 0
    entries = {entry.image: entry for entry in read_manifest(twins / "images/v" / SHARD / MANIFEST)}
    assert [change.box for change in entries[NAMES[0]].changes] == [(100, 40, 116, 60)]
    assert not any(entry.whole_image for entry in entries.values())


def test_a_method_that_redraws_whole_images_is_not_compared(twins):
    for name in NAMES:
        write_png(twins / "theirs" / name, read_image(twins / "in" / name)[::-1])
    assert take_over(twins, whole_image=True) == 0
    assert all(entry.whole_image for entry in read_manifest(twins / "images/v" / SHARD / MANIFEST))


def test_what_a_program_writes_is_compared(twins, capsys):
    tool = twins / "tool.py"
    tool.write_text(
        "import cv2, pathlib, sys\n"
        "source, target = map(pathlib.Path, sys.argv[1:])\n"
        "for path in source.rglob('*.png'):\n"
        "    name = target / path.relative_to(source)\n"
        "    name.parent.mkdir(parents=True, exist_ok=True)\n"
        "    cv2.imwrite(str(name), cv2.imread(str(path))[::-1, ::-1])\n"
    )
    program = {"method": "command", "command": f"{sys.executable} {tool} {{input}} {{output}}"}
    assert apply(twins, program) == 2
    expected = OTHER_PICTURE.format(path="{output}/town/a.png", what=TEXTURE)
    assert_said(lines_of(capsys.readouterr().err), expected)
    assert apply(twins, program | {"whole_image": True}) == 0


def frames(count: int) -> list[np.ndarray]:
    """A street through which a bus drives, seen by a camera that does not move."""
    street = scene(3)
    made = []
    for number in range(count):
        frame = street.copy()
        at = 10 + 40 * number
        frame[40:100, at : at + 80] = (180, 30, 30)
        made.append(frame)
    return made


def test_exchanged_frames_of_one_video_are_refused(twins, capsys):
    seen = frames(3)
    for name, frame in zip(NAMES, seen, strict=True):
        write_png(twins / "in" / name, frame)
    write_index(twins, NAMES, {SHARD: NAMES})
    for name, frame in zip(NAMES, (seen[0], seen[2], seen[1]), strict=True):
        write_png(twins / "theirs" / name, jpeg(60)(frame))
    assert take_over(twins, lossy=True) == 2
    (line,) = lines_of(capsys.readouterr().err)
    assert line == (
        "2 of 3 images show the wrong original: that of town/b.png shows town/c.png; "
        "make it again, or set `whole_image: true` for a method that redraws whole images"
    )


HARMLESS: dict[str, Change] = {
    "JPEG 95": jpeg(95),
    "JPEG 75": jpeg(75),
    "JPEG 50": jpeg(50),
    "scaled to a half": then(scaled(0.5), jpeg(75)),
    "scaled to two thirds": scaled(2 / 3),
    "a third blurred": then(covered(0.3, blur=True), jpeg(75)),
    "half of it black": then(covered(0.5, blur=False), jpeg(75)),
    "half of it black, lossless": covered(0.5, blur=False),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_compression_and_local_changes_are_accepted(twins, capsys, case):
    for name in NAMES:
        write_png(twins / "theirs" / name, HARMLESS[case](hidden(read_image(twins / "in" / name))))
    assert take_over(twins, lossy=True) == 0
    assert not re.search("differ|texture", capsys.readouterr().err)


def test_a_confused_video_range_is_counted(twins, capsys):
    for name in NAMES:
        dusk = (read_image(twins / "in" / name) * 0.45).round()
        write_png(twins / "in" / name, dusk.astype(np.uint8))
        write_png(twins / "theirs" / name, (dusk * 219 / 255 + 16).round().astype(np.uint8))
    write_index(twins, NAMES, {SHARD: NAMES})
    assert take_over(twins, lossy=True) == 0
    said = "of 3 images differ in brightness as if a video's range (16 to 235) was misread"
    assert re.search(rf"[123] {re.escape(said)}", capsys.readouterr().err)


def test_pictures_without_texture_cannot_be_compared():
    flat = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    found = resemblance(flat, flat + 1, np.zeros((HEIGHT, WIDTH), bool))
    assert found.structure is None
    assert found.differences() == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Resemblance(0.79, 5.0, 0.1, 90.0, 90.0), 1),
        (Resemblance(0.8, 0.8, 0.97, 6.0, 6.0), 0),
        (Resemblance(0.9, 0.9, 0.9, 90.0, 90.0), 2),
        (Resemblance(None, None, None, 20.0, 19.0), 1),
        (Resemblance(None, None, None, None, None), 0),
        (Resemblance(0.99, 0.0, 1.0, 9.0, 0.7), 0),
    ],
)
def test_limits(found, expected):
    assert len(found.differences()) == expected


def test_a_face_that_fills_the_picture_leaves_nothing_to_compare(twins):
    whole = replace(FACE, x0=-5, y0=-5, x1=WIDTH + 5, y1=HEIGHT + 5)
    write_regions(twins / f"{SHARD}.parquet", with_ids([whole]))
    write_png(twins / "theirs" / NAMES[0], np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert take_over(twins) == 0


@pytest.mark.parametrize("lossy", [False, True])
def test_what_is_changed_around_a_large_face_is_no_other_picture(twins, capsys, lossy):
    """Anonymizers change more than the box, here all but a frame of 8 pixels."""
    large = replace(FACE, x0=40, y0=20, x1=WIDTH - 40, y1=HEIGHT - 20)
    write_regions(twins / f"{SHARD}.parquet", with_ids([large]))
    twin = read_image(twins / "in" / NAMES[0])
    twin[8:-8, 8:-8] = 0
    write_png(twins / "theirs" / NAMES[0], jpeg(75)(twin) if lossy else twin)
    assert take_over(twins, lossy=lossy) == 0
    said = capsys.readouterr().err
    assert "1 of 3 images have too little texture beside faces and license plates" in said
    assert ("in 1 of 3 images, e.g. town/a.png, too little detail lies beside" in said) == lossy
    entry, *_ = read_manifest(twins / "images/v" / SHARD / MANIFEST)
    assert entry.faces == 1


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_twins_of_upright_originals_may_be_turned_or_not(tmp_path, scenes, orientation):
    """Labels of the turned image: a twin keeps the EXIF orientation, or its pixels are turned."""
    image = {1: lambda x: x, 3: lambda x: x[::-1, ::-1], 6: np.rot90}[orientation]
    turned = Image.Exif()
    turned[0x0112] = orientation
    Image.fromarray(image(scenes[0])).save(tmp_path / "a.png", exif=turned)
    Image.fromarray(image(hidden(scenes[0]))).save(tmp_path / "kept.png", exif=turned)
    write_png(tmp_path / "turned.png", hidden(scenes[0]))
    content = (tmp_path / "a.png").read_bytes()
    record = CocoImage(1, "a.png", WIDTH, HEIGHT, sha256_of(content), upright=True)
    picture = Picture(record, tmp_path, (replace(FACE, image="a.png"),))
    for name in ("kept.png", "turned.png"):
        finished = Finished(tmp_path / name, lossy=False)
        changes, _ = compare(picture, finished, finished.path.read_bytes(), "precomputed")
        assert [(one.x0, one.y0, one.x1, one.y1) for one in changes] == [(100, 40, 116, 60)]


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "blur"},
        {"method": "pixelate"},
        {"method": "blackbox"},
        {"method": "precomputed"},
    ],
    ids=lambda settings: settings["method"],
)
def test_regions_whose_pixels_stay_as_they_are_do_not_count_as_changed(twins, settings):
    black = read_image(twins / "in" / NAMES[0])
    black[:] = 0
    write_png(twins / "in" / NAMES[0], black)
    write_png(twins / "theirs" / NAMES[0], black)
    write_index(twins, NAMES, {SHARD: NAMES})
    theirs = {"folder": str(twins / "theirs")} if settings["method"] == "precomputed" else {}
    assert apply(twins, settings | theirs) == 0
    entry, *_ = read_manifest(twins / "images/v" / SHARD / "manifest.parquet")
    assert (entry.asked, entry.changes) == (1, ())
