"""What holds for every method: random regions, and the command with shards in any order."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_streets import DrawnScene, SceneSettings, VisibleFace, draw_scene
from plain_commands.section import validate

from tests.anonymization.anonymizing import apply, labelled, write_index
from workflow_scripts.anonymization.method import Finished, Method
from workflow_scripts.anonymization.twins import compare
from workflow_scripts.anonymization.variants import METHODS, Variant
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, LabelledObject
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.pictures import picture_of

DRAWS = (
    {"method": "blackbox"},
    {"method": "blackbox", "shape": "box", "margin": 0},
    {"method": "blur"},
    {"method": "blur", "strength": 2, "margin": 2},
    {"method": "pixelate"},
    {"method": "natural"},
    {"method": "natural", "large": "natural", "identity": "track"},
    {"method": "diffusion"},
    {"method": "mask_objects"},
    {"method": "unmodified"},
)
"""Methods that change an image themselves."""
READS = ("command", "precomputed")
"""Methods that take finished images."""


CASES = {"natural": 15, "diffusion": 8}
"""Fewer where an image takes long."""


def name_of(settings: dict) -> str:
    return "-".join(map(str, settings.values()))


def cases(values: Iterable, method_of: Callable = str) -> list:
    """Values to test with, those of the method that takes seconds as slow ones."""
    slow = pytest.mark.slow
    return [pytest.param(v, marks=slow if method_of(v) == "diffusion" else ()) for v in values]


def test_no_method_is_left_out():
    known = {method.model_fields["method"].default for method in METHODS}
    left_out = {"drop"}  # it makes no pixels; see test_drop.py
    assert known - left_out == {settings["method"] for settings in DRAWS} | set(READS)


def random_box(rng: np.random.Generator, width: int, height: int) -> tuple[float, ...]:
    """Inside, at a border, one pixel, larger than the image, or outside."""
    case = rng.integers(8)
    w, h = rng.uniform(4, 60, 2)
    x, y = rng.uniform(-0.2 * width, width), rng.uniform(-0.2 * height, height)
    if case == 0:  # one pixel
        x, y, w, h = *np.floor((x, y)), 1, 1
    elif case == 1:  # less than one
        w, h = rng.uniform(0.01, 0.9, 2)
    elif case == 2:  # the whole image, and more
        x, y, w, h = -rng.uniform(0, 90), -rng.uniform(0, 90), 3 * width, 3 * height
    elif case == 3:  # outside
        x, y = rng.choice([-200, width, 500]), rng.choice([-90, 10, height])
    elif case == 4:  # at a border, to the pixel
        x, y = rng.choice([0, width - np.floor(w)]), rng.choice([0, height - np.floor(h)])
        w, h = np.floor((w, h))
    elif case == 5:  # long and thin
        w, h = rng.permutation([rng.uniform(40, 2 * width), rng.uniform(0.5, 3)])
    return tuple(map(float, (x, y, x + w, y + h)))


def random_regions(rng: np.random.Generator, width: int, height: int) -> tuple[Region, ...]:
    """Up to six, some of which overlap, with and without points, which may lie anywhere."""
    regions = []
    for _ in range(rng.integers(1, 7)):
        box = random_box(rng, width, height)
        if regions and rng.random() < 0.3:
            last = regions[-1]
            box = tuple(v + rng.uniform(-3, 3) for v in (last.x0, last.y0, last.x1, last.y1))
        corner, size = np.float64(box[:2]), np.float64(box[2:]) - box[:2]
        kind = Kind.FACE if rng.random() < 0.6 else Kind.LICENSE_PLATE
        shares = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
        if kind is Kind.LICENSE_PLATE:
            shares = [(0, 0), (1, 0), (1, 1), (0, 1)]
        spread = rng.choice([0.0, 0.1, 2.0])
        points = corner + size * (shares + rng.normal(0, spread, (len(shares), 2)))
        points = tuple(map(tuple, points.tolist())) if rng.random() < 0.7 else None
        name = "landmarks" if kind is Kind.FACE else "quad"
        track = f"t{len(regions) % 2}" if rng.random() < 0.5 else None
        regions.append(Region("a.png", kind, 1.0, *box, **{name: points}, track=track))
    return tuple(with_ids(regions))


def random_image(rng: np.random.Generator) -> np.ndarray:
    height, width = rng.integers(24, 130, 2)
    coarse = rng.integers(0, 256, (6, 8, 3), np.uint8)
    image = cv2.resize(coarse, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, rng.choice([0, 2, 40]), image.shape)
    return np.uint8(np.clip(image + noise, 0, 255))


def random_objects(rng: np.random.Generator, height: int, width: int) -> tuple[LabelledObject, ...]:
    masks = (
        cv2.resize(rng.integers(0, 2, (3, 3), np.uint8), (width, height)) > 0
        for _ in range(rng.integers(0, 4))
    )
    return tuple(labelled(rng.choice(["car", "person", "sign"]), mask) for mask in masks)


@pytest.mark.parametrize("settings", cases(DRAWS, lambda s: s["method"]), ids=name_of)
def test_no_pixel_outside_of_the_boxes_changes(settings, request, tmp_path):
    settings = settings | settings_of(settings["method"], request)
    face = Region("a.png", Kind.FACE, 1.0, 1, 1, 9, 9)
    pictures = [picture_of(np.zeros((10, 10, 3), np.uint8), [face])]
    with validate(Variant, settings, "test").prepared(pictures, tmp_path, 1) as method:
        check_random_scenes(method)


def check_random_scenes(method: Method) -> None:
    changed = 0
    for case in range(CASES.get(method.method, 60)):
        rng = np.random.default_rng(case)
        image = random_image(rng)
        height, width = image.shape[:2]
        picture = picture_of(
            image.copy(), random_regions(rng, width, height), random_objects(rng, height, width)
        )
        pixels, changes = method.anonymize(picture, np.random.default_rng(0))
        again, same_changes = method.anonymize(picture, np.random.default_rng(0))
        assert (picture.pixels == image).all()
        assert pixels.dtype == np.uint8
        assert (pixels == again).all()
        assert changes == same_changes
        known = {region.id for region in picture.regions} | {None}
        free = np.ones((height, width), bool)
        for change in changes:
            x0, y0, x1, y1 = change.box
            assert 0 <= x0 < x1 <= width, (case, change)
            assert 0 <= y0 < y1 <= height, (case, change)
            assert change.region_id in known
            free[y0:y1, x0:x1] = False
        assert (pixels[free] == image[free]).all(), case
        changed += (pixels != image).any()
    assert changed > case / 2 or method.method == "unmodified"


def test_every_changed_pixel_of_a_finished_image_is_in_a_box():
    for case in range(60):
        rng = np.random.default_rng(case)
        image = random_image(rng)
        height, width = image.shape[:2]
        regions = random_regions(rng, width, height)
        twin = image.copy()
        for region in random_regions(rng, width, height):
            box = (region.x0, region.y0, region.x1, region.y1)
            x0, y0, x1, y1 = (max(round(value), 0) for value in box)
            twin[y0:y1, x0:x1] //= 2
        content = cv2.imencode(".png", twin[..., ::-1])[1].tobytes()
        finished = Finished(Path("a.png"), lossy=False, same=False)
        changes, _ = compare(picture_of(image, regions), finished, content, "m")
        free = np.ones((height, width), bool)
        for change in changes:
            x0, y0, x1, y1 = change.box
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            free[y0:y1, x0:x1] = False
        assert (twin[free] == image[free]).all()


NAMES = tuple(f"{town}/{number}.png" for town in "ab" for number in range(4))


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn scenes with faces, plates and labelled objects, and what a program made of them."""
    folder = tmp_path_factory.mktemp("streets")
    for number, name in enumerate(NAMES):
        image = drawing_of(number).image
        write_png(folder / "in" / name, image)
        image[::2] = 0
        write_png(folder / "theirs" / name, image)
    (folder / "tool.py").write_text(
        "import sys, pathlib, cv2\n"
        "source, target = map(pathlib.Path, sys.argv[1:])\n"
        "for path in source.rglob('*.png'):\n"
        "    name = target / path.relative_to(source)\n"
        "    name.parent.mkdir(parents=True, exist_ok=True)\n"
        "    cv2.imwrite(str(name), cv2.imread(str(path)) // 2)\n"
    )
    return folder


def drawing_of(number: int) -> DrawnScene:
    return draw_scene(SceneSettings(seed=number, width=256, height=128), "train", 1)


def settings_of(method: str, request: pytest.FixtureRequest) -> dict:
    """What a method has to be told to be run on the streets."""
    if method == "precomputed":
        return {"folder": str(request.getfixturevalue("streets") / "theirs"), "whole_image": True}
    if method == "command":
        tool = request.getfixturevalue("streets") / "tool.py"
        command = f"'{sys.executable}' '{tool}' {{input}} {{output}}"
        return {"command": command, "whole_image": True}
    if method == "diffusion":
        model = request.getfixturevalue("pipeline")
        return {"model": str(model), "size": 64, "steps": 1, "guidance": 1}
    return {}


def results(
    streets: Path, folder: Path, settings: dict, *shards: tuple[str, ...], threads: int, step: int
):
    """What is made of the images in these shards: digest and changes of each.

    Its regions lie in the table in their order for step 1, the other way round for step -1.
    """
    folder.mkdir()
    (folder / "in").symlink_to(streets / "in")

    def split_of(images: tuple[CocoImage, ...]) -> CocoSplit:
        instances = []
        for image in images:
            mask = np.zeros((image.height, image.width), bool)
            mask[40:90, 30 + NAMES.index(image.file_name) : 60] = True
            instances.append(replace(labelled("car", mask).instance, image_id=image.id))
        return CocoSplit(("car",), images, tuple(instances))

    ids = [f"{number:03d}-aaaaaaaa" for number in range(len(shards))]
    names = [name for shard in shards for name in shard]
    write_index(folder, names, dict(zip(ids, shards, strict=True)), split_of)
    found = {}
    for shard, members in zip(ids, shards, strict=True):
        regions = [region for name in members for region in regions_of(name)[::step]]
        write_regions(folder / f"{shard}.parquet", regions)
        assert apply(folder, settings, shard, threads=threads) == 0
        for entry in read_manifest(folder / "images/v" / shard / "manifest.parquet"):
            found[entry.image] = (entry.sha256, set(entry.changes))
    return found


def regions_of(name: str) -> list[Region]:
    """As a detector would report them, one of them twice, at places that overlap. The first face of
    each image is of one track.
    """
    found = []
    for mark in drawing_of(NAMES.index(name)).marks:
        face = isinstance(mark, VisibleFace)
        points = tuple(map(tuple, (mark.landmarks if face else mark.quad).tolist()))
        kind = Kind.FACE if face else Kind.LICENSE_PLATE
        named = {"landmarks" if face else "quad": points}
        is_first = face and all(region.kind is not Kind.FACE for region in found)
        track = "first" if is_first else None
        found.append(Region(name, kind, 1.0, *mark.box, **named, track=track))
    last = found[-1]
    return with_ids([*found, replace(last, x0=last.x0 - 2.0, y1=last.y1 + 1.0)])


@pytest.mark.parametrize("method", cases(sorted({s["method"] for s in DRAWS} | set(READS))))
def test_order_of_shards_and_regions_and_threads_change_no_byte(streets, tmp_path, request, method):
    settings = {"method": method} | settings_of(method, request)
    if method == "natural":  # the images of a track are in several shards
        settings["identity"] = "track"
    first = results(streets, tmp_path / "1", settings, NAMES, threads=1, step=1)
    assert set(first) == set(NAMES)
    assert any(changes for _, changes in first.values()) or method == "unmodified"
    backwards = tuple(reversed(NAMES))
    shards = backwards[:3], backwards[3:4], backwards[4:]
    again = results(streets, tmp_path / "2", settings, *shards, threads=4, step=-1)
    assert again == first
