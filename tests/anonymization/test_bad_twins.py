"""Anonymized images from elsewhere that are not what they should be, each with the line it gets."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from PIL import Image
from plain_commands.files import sha256_of
from twin_comparison.resemblance import Resemblance, resemblance

from tests.anonymization.anonymizing import apply, run, write_index
from workflow_scripts.anonymization.method import Finished
from workflow_scripts.anonymization.twins import compare
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import FILE_NAME as MANIFEST
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture

WIDTH, HEIGHT = 256, 128
NAMES = ("town/a.png", "town/b.png", "town/c.png")
SHARD = "000-aaaaaaaa"
FACE = Region(NAMES[0], Kind.FACE, 0.9, 100, 40, 116, 60)
OTHER_PICTURE = (
    "{path}: does not match town/a.png: outside faces and license plates, {what}; make it "
    "again, or set `whole_image: true` for a method that redraws whole images"
)
TEXTURE = "its texture agrees by # (at least 0.8): turned, mirrored, or of another image"
MOVED = "it is moved by # pixels (at most 0.8)"
COLOURS = "its colours agree by # (at least 0.97): channels in another order, or grey"
BRIGHTNESS = "its brightness differs by # of 255 levels (at most 6): another gamma or exposure"
Change = Callable[[np.ndarray], np.ndarray]


def scene(number: int) -> np.ndarray:
    """A drawn street, with the grain that a camera adds."""
    drawn = draw_scene(SceneSettings(seed=number, width=WIDTH, height=HEIGHT), "train", 1).image
    grain = np.random.default_rng(number).normal(0, 4, drawn.shape)
    return np.clip(drawn + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def scenes() -> list[np.ndarray]:
    return [scene(number) for number in range(len(NAMES))]


@pytest.fixture
def data(tmp_path: Path, scenes: list[np.ndarray]) -> Path:
    """Three streets, a face on the first, and a folder of images in which it is black."""
    for name, image in zip(NAMES, scenes, strict=True):
        write_png(tmp_path / "in" / name, image)
        write_png(tmp_path / "theirs" / name, hidden(image) if name == NAMES[0] else image)
    write_index(tmp_path, NAMES, {SHARD: NAMES})
    write_regions(tmp_path / f"{SHARD}.parquet", with_ids([FACE]))
    return tmp_path


def hidden(image: np.ndarray) -> np.ndarray:
    """The image with a black face."""
    image = image.copy()
    image[40:60, 100:116] = 0
    return image


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


def take_over(data: Path, **settings: object) -> int:
    """Take the images over."""
    return apply(data, {"method": "precomputed", "folder": str(data / "theirs")} | settings)


def lines_of(error: str, label: str = "error: ") -> list[str]:
    """The messages, without line breaks and what stands before them."""
    return [line.partition(label)[2] for line in error.splitlines() if label in line]


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
def test_another_picture_is_refused(data, capsys, case):
    change, what = PICTURES[case]
    path = data / "theirs" / NAMES[0]
    write_png(path, np.ascontiguousarray(change(hidden(read_image(data / "in" / NAMES[0])))))
    assert take_over(data) == 2
    assert_said(lines_of(capsys.readouterr().err), OTHER_PICTURE.format(path=path, what=what))
    assert not (data / "images/v" / SHARD).exists()


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
def test_an_orientation_that_the_original_has_not_is_named(data, capsys, case):
    change, orientation, what = ORIENTATIONS[case]
    path = data / "theirs" / NAMES[0]
    write_with_orientation(path, change(hidden(read_image(data / "in" / NAMES[0]))), orientation)
    assert take_over(data) == 2
    assert_said(lines_of(capsys.readouterr().err), f"{path}: {what}")


def test_pixels_that_are_stored_as_the_originals_count_whatever_the_orientation(data):
    path = data / "theirs" / NAMES[0]
    write_with_orientation(path, hidden(read_image(data / "in" / NAMES[0])), 6)
    assert take_over(data) == 0
    entries = {entry.image: entry for entry in read_manifest(data / "images/v" / SHARD / MANIFEST)}
    assert [change.box for change in entries[NAMES[0]].changes] == [(100, 40, 116, 60)]
    assert not any(entry.whole_image for entry in entries.values())


def test_a_method_that_redraws_whole_images_is_not_compared(data):
    for name in NAMES:
        write_png(data / "theirs" / name, read_image(data / "in" / name)[::-1])
    assert take_over(data, whole_image=True) == 0
    assert all(entry.whole_image for entry in read_manifest(data / "images/v" / SHARD / MANIFEST))


def test_what_a_program_writes_is_compared(data, capsys):
    tool = data / "tool.py"
    tool.write_text(
        "import cv2, pathlib, sys\n"
        "source, target = map(pathlib.Path, sys.argv[1:])\n"
        "for path in source.rglob('*.png'):\n"
        "    name = target / path.relative_to(source)\n"
        "    name.parent.mkdir(parents=True, exist_ok=True)\n"
        "    cv2.imwrite(str(name), cv2.imread(str(path))[::-1, ::-1])\n"
    )
    program = {"method": "command", "command": f"{sys.executable} {tool} {{input}} {{output}}"}
    assert apply(data, program) == 2
    expected = OTHER_PICTURE.format(path="{output}/town/a.png", what=TEXTURE)
    assert_said(lines_of(capsys.readouterr().err), expected)
    assert apply(data, program | {"whole_image": True}) == 0


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


def test_exchanged_frames_of_one_video_are_refused(data, capsys):
    seen = frames(3)
    for name, frame in zip(NAMES, seen, strict=True):
        write_png(data / "in" / name, frame)
    write_index(data, NAMES, {SHARD: NAMES})
    for name, frame in zip(NAMES, (seen[0], seen[2], seen[1]), strict=True):
        write_png(data / "theirs" / name, jpeg(60)(frame))
    assert take_over(data, lossy=True) == 2
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
def test_compression_and_local_changes_are_accepted(data, capsys, case):
    for name in NAMES:
        write_png(data / "theirs" / name, HARMLESS[case](hidden(read_image(data / "in" / name))))
    assert take_over(data, lossy=True) == 0
    assert not re.search("differ|texture", capsys.readouterr().err)


def test_a_confused_video_range_is_counted(data, capsys):
    for name in NAMES:
        dusk = (read_image(data / "in" / name) * 0.45).round()
        write_png(data / "in" / name, dusk.astype(np.uint8))
        write_png(data / "theirs" / name, (dusk * 219 / 255 + 16).round().astype(np.uint8))
    write_index(data, NAMES, {SHARD: NAMES})
    assert take_over(data, lossy=True) == 0
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


def check(data: Path, **settings: object) -> int:
    """The check before anything is made."""
    given = {"method": "precomputed", "folder": str(data / "theirs")} | settings
    return run("check", settings=json.dumps({"v": given}), annotations=data / "train.coco.json")


def moved_files(data: Path, place: Callable[[Path], str]) -> None:
    """Other paths for their images."""
    for name in NAMES:
        path = data / "theirs" / name
        target = data / "theirs" / place(Path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "two files for one image": (
        lambda data: write_png(data / "theirs/town/a.jpg", read_image(data / "in/town/a.png")),
        "{theirs}/town: a.png and a.jpg both match town/a.png; remove one",
    ),
    "two letter cases": (
        lambda data: write_png(data / "theirs/town/b.PNG", read_image(data / "in/town/b.png")),
        "{theirs}/town: b.png and b.PNG both match town/b.png; remove one",
    ),
    "one of another name": (
        lambda data: (data / "theirs/town/b.png").rename(data / "theirs/town/b.png.jpg"),
        "{theirs}/town/b.png: no such file, nor one with another suffix, for town/b.png",
    ),
    "prefix of a vendor": (
        lambda data: moved_files(data, lambda name: f"town/anon_{name.name}"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; does it need a `rename`?",
    ),
    "suffix of a vendor": (
        lambda data: moved_files(data, lambda name: f"town/{name.stem}_anonymized.jpg"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{".png": "_anonymized.jpg"}}` finds it',
    ),
    "flat, with a suffix": (
        lambda data: moved_files(data, lambda name: f"{name.stem}-redacted.png"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{"town/": "", ".png": "-redacted.png"}}` finds it',
    ),
    "flat": (
        lambda data: moved_files(data, lambda name: name.name),
        '{theirs}: 3 of 3 images are missing, e.g. town/a.png; `rename: {{"town/": ""}}` finds it',
    ),
    "another folder": (
        lambda data: moved_files(data, lambda name: f"out/day 1/{name.stem}.jpg"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{"town/": "out/day 1/"}}` finds it',
    ),
    "other names": (
        lambda data: moved_files(data, lambda name: f"town/frame {name.stem}.png"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; does it need a `rename`?",
    ),
    "one is missing": (
        lambda data: (data / "theirs/town/b.png").unlink(),
        "{theirs}/town/b.png: no such file, nor one with another suffix, for town/b.png",
    ),
    "damaged": (
        lambda data: (data / "theirs/town/b.png").write_bytes(b"GIF"),
        "{theirs}/town/b.png: not a readable image; make it again",
    ),
    "of another size": (
        lambda data: write_png(data / "theirs/town/c.png", np.zeros((9, 8, 3), np.uint8)),
        "{theirs}/town/c.png: 8x9 pixels; the original has 256x128",
    ),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_that_does_not_fit_is_one_line(data, capsys, case):
    spoil, expected = FOLDERS[case]
    spoil(data)
    assert check(data) == 2
    (line,) = lines_of(capsys.readouterr().err)
    assert line == "variants.v: " + expected.format(theirs=data / "theirs")


@pytest.mark.parametrize(
    ("rename", "expected"),
    [
        (
            {"town/": "/etc/"},
            "variants.v: {theirs}: 3 of 3 images are missing, e.g. etc/a.png; "
            "`rename: {{}}` finds it",
        ),
        (
            {"": "x"},
            "--settings: v.rename: empty text; name a part of the path",
        ),
    ],
)
def test_a_rename_that_finds_nothing_is_one_line(data, capsys, rename, expected):
    assert check(data, rename=rename) == 2
    (line,) = lines_of(capsys.readouterr().err)
    assert line.startswith(expected.format(theirs=data / "theirs"))


def test_suffixes_in_upper_case_are_found(data):
    moved_files(data, lambda name: f"town/{name.stem}.PNG")
    assert take_over(data) == 0


def test_links_out_of_the_folder_are_counted(data, capsys):
    path = data / "theirs/town/b.png"
    path.unlink()
    path.symlink_to(data / "in/town/b.png")
    assert check(data) == 0
    assert (
        f"{data}/theirs: 1 of 3 images are links to files outside of it, e.g. town/b.png to "
        f"{data}/in/town/b.png"
    ) in capsys.readouterr().err


def test_what_was_taken_over_stays_when_the_folder_changes(data):
    assert take_over(data) == 0
    for name in NAMES:
        (data / "theirs" / name).write_bytes(b"edited in place")
    entries = read_manifest(data / "images/v" / SHARD / "manifest.parquet")
    for entry, name in zip(entries, NAMES, strict=True):
        taken = read_image(data / "images/v" / entry.file)
        original = read_image(data / "in" / name)
        assert (taken == (hidden(original) if name == NAMES[0] else original)).all()


def test_a_face_that_fills_the_picture_leaves_nothing_to_compare(data):
    whole = replace(FACE, x0=-5, y0=-5, x1=WIDTH + 5, y1=HEIGHT + 5)
    write_regions(data / f"{SHARD}.parquet", with_ids([whole]))
    write_png(data / "theirs" / NAMES[0], np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert take_over(data) == 0


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
def test_regions_whose_pixels_stay_as_they_are_do_not_count_as_changed(data, settings):
    black = read_image(data / "in" / NAMES[0])
    black[:] = 0
    write_png(data / "in" / NAMES[0], black)
    write_png(data / "theirs" / NAMES[0], black)
    write_index(data, NAMES, {SHARD: NAMES})
    theirs = {"folder": str(data / "theirs")} if settings["method"] == "precomputed" else {}
    assert apply(data, settings | theirs) == 0
    entry, *_ = read_manifest(data / "images/v" / SHARD / "manifest.parquet")
    assert (entry.asked, entry.changes) == (1, ())
