"""`python -m workflow_scripts anonymization`: folders of images and their manifests."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file

from tests.anonymization.anonymizing import (
    FACE,
    HEIGHT,
    NAMES,
    PLATE,
    SHARDS,
    WIDTH,
    apply,
    gather,
    make_data,
    run,
    write_index,
)
from tests.commands import anonymization as main
from workflow_scripts.anonymization.apply import check_names
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Change, read_manifest
from workflow_scripts.contracts.regions import Kind, write_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path)


def test_apply_writes_changed_images_and_links_the_others(data):
    assert apply(data, {"method": "blackbox", "shape": "box", "margin": 0}) == 0
    folder = data / "images/v/000-aaaaaaaa"
    first, second, third, fourth = read_manifest(folder / "manifest.parquet")

    assert (first.image, first.file) == ("a/0.png", "000-aaaaaaaa/a/0.png")
    assert (first.regions, first.faces, first.license_plates) == (2, 1, 1)
    assert (first.method, first.linked) == ("blackbox", False)
    face = Change("blackbox", 20, 20, 40, 40, Kind.FACE, FACE.id)
    plate = Change("blackbox", 50, 20, 70, 40, Kind.LICENSE_PLATE, PLATE.id)
    assert first.changes == (face, plate)
    expected = read_image(data / "in/a/0.png")
    expected[20:40, 20:40] = expected[20:40, 50:70] = 0
    assert (read_image(folder / "a/0.png") == expected).all()  # lossless beyond the regions

    assert (third.file, third.faces, third.method) == ("000-aaaaaaaa/b/2.png", 1, "blackbox")
    expected = read_image(data / "in/b/2.jpg")
    expected[20:40, 20:40] = 0
    assert (read_image(folder / "b/2.png") == expected).all()

    for entry in (second, fourth):
        assert (entry.regions, entry.method, entry.linked) == (0, None, True)
        assert entry.file == f"000-aaaaaaaa/{entry.image}"
        assert (folder.parent / entry.file).samefile(data / "in" / entry.image)
        assert entry.sha256 == entry.source_sha256
    for entry in (first, second, third, fourth):
        assert entry.sha256 == sha256_of_file(folder.parent / entry.file)
        assert entry.source_sha256 == sha256_of_file(data / "in" / entry.image)
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {"manifest.parquet", "a/0.png", "a/1.png", "b/2.png", "b/3.jpg"}


def test_apply_gives_the_same_bytes_with_any_number_of_threads(data):
    digests = []
    for threads in (1, 4):
        assert apply(data, {"method": "blur"}, threads=threads) == 0
        digests.append(read_manifest(data / "images/v/000-aaaaaaaa/manifest.parquet"))
    assert digests[0] == digests[1]


def test_gather_merges_the_shards_in_the_order_of_the_split(data):
    for shard in SHARDS:
        assert apply(data, {"method": "blur"}, shard) == 0
    assert gather(data, *reversed(SHARDS)) == 0
    entries = read_manifest(data / "images/v/manifest.parquet")
    assert [entry.image for entry in entries] == list(NAMES)
    assert all((data / "images/v" / entry.file).is_file() for entry in entries)


def test_gather_names_what_is_missing_double_or_old(data, capsys):
    for shard in SHARDS:
        assert apply(data, {"method": "blur"}, shard) == 0
    assert gather(data, "000-aaaaaaaa") == 2
    assert "b/4.png: no shard has it" in capsys.readouterr().err
    assert gather(data, *SHARDS, "001-bbbbbbbb") == 2
    assert "b/4.png: 2 shards have it" in capsys.readouterr().err
    (data / "images/v/000-aaaaaaaa/a/1.png").unlink()
    write_png(data / "in/b/4.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    write_index(data)
    assert gather(data) == 2
    message = capsys.readouterr().err
    assert "b/4.png was made from another original" in message
    assert "000-aaaaaaaa/a/1.png is missing" in message
    assert not (data / "images/v/manifest.parquet").exists()


def test_gather_names_an_image_that_is_not_in_the_split(data, capsys):
    for shard in SHARDS:
        assert apply(data, {"method": "blur"}, shard) == 0
    write_index(data, NAMES[:4])
    assert gather(data) == 2
    assert "images/v/001-bbbbbbbb: b/4.png is not in this split\n" in capsys.readouterr().err


def test_a_source_that_changed_fails_and_leaves_nothing(data, capsys):
    write_png(data / "in/a/1.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert apply(data, {"method": "blur"}) == 2
    assert "a/1.png: the file has changed since it was recorded" in capsys.readouterr().err
    assert list((data / "images/v").iterdir()) == []


def test_a_failing_shard_keeps_the_older_one(data):
    assert apply(data, {"method": "blur"}) == 0
    folder = data / "images/v/000-aaaaaaaa"
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    (data / "in/b/2.jpg").unlink()
    assert apply(data, {"method": "blackbox"}) == 2
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_regions_of_another_shard_are_refused(data, capsys):
    write_regions(data / "001-bbbbbbbb.parquet", [FACE])
    assert apply(data, {"method": "blur"}, "001-bbbbbbbb") == 2
    assert "regions of a/0.png, which is not among these images" in capsys.readouterr().err


def test_the_orientation_and_metadata_of_a_jpeg_stay_behind(data):
    path = data / "in/b/2.jpg"
    raw = path.read_bytes()
    tiff = b"II*\0\x08\0\0\0" + b"\1\0" + b"\x12\1\3\0\1\0\0\0\6\0\0\0" + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff + b"secret place"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path.write_bytes(raw[:2] + segment + raw[2:])
    assert cv2.imread(str(path)).shape[:2] == (WIDTH, HEIGHT)  # a reader that turns it
    write_index(data)
    assert apply(data, {"method": "blackbox"}) == 0
    written = data / "images/v/000-aaaaaaaa/b/2.png"
    assert read_image(written).shape[:2] == (HEIGHT, WIDTH)
    assert b"secret" not in written.read_bytes()


@pytest.fixture
def elsewhere(data) -> Path:
    """A folder with anonymized images, which are grey."""
    for name in NAMES:
        image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        write_png(data / "grey" / name.replace("a/", "x/").replace(".jpg", ".png"), image)
    return data / "grey"


def test_precomputed_images_are_taken_over(data, elsewhere):
    settings = {"method": "precomputed", "folder": str(elsewhere), "rename": {"a/": "x/"}}
    settings["whole_image"] = True
    for shard in SHARDS:
        assert apply(data, settings, shard) == 0
    assert gather(data) == 0
    entries = read_manifest(data / "images/v/manifest.parquet")
    assert {entry.method for entry in entries} == {"precomputed"}
    assert [(entry.faces, entry.license_plates) for entry in entries[:3]] == [
        (1, 1),
        (0, 0),
        (1, 0),
    ]
    whole = (0, 0, WIDTH, HEIGHT)
    assert {(c.x0, c.y0, c.x1, c.y1) for entry in entries for c in entry.changes} == {whole}
    assert not any(entry.linked for entry in entries)
    for entry in entries:
        path = data / "images/v" / entry.file
        assert path.suffix == ".png"
        assert (read_image(path) == 128).all()
        assert sha256_of_file(path) == entry.sha256


def test_what_was_changed_in_precomputed_images_is_found(data, capsys):
    boxed = {name: read_image(data / "in" / name) for name in NAMES}
    boxed["a/0.png"][18:42, 18:42] = 0  # the face, not the plate
    boxed["a/0.png"][55:59, 1:6] = 0
    for name, image in boxed.items():
        write_png((data / "theirs" / name).with_suffix(".png"), image)
    photo = cv2.resize(boxed["a/1.png"][:15, :20], (WIDTH, HEIGHT))
    write_png(data / "in/a/1.png", photo)
    write_index(data)
    photo[30:50, 40:60] = 0
    cv2.imwrite(str(data / "theirs/a/1.jpg"), photo[..., ::-1])
    (data / "theirs/a/1.png").unlink()
    assert apply(data, {"method": "precomputed", "folder": str(data / "theirs")}) == 0
    entries = read_manifest(data / "images/v/000-aaaaaaaa/manifest.parquet")
    assert entries[0].changes == (
        Change("precomputed", 18, 18, 42, 42, Kind.FACE, FACE.id),
        Change("precomputed", 1, 55, 6, 59),
    )
    (lossy,) = entries[1].changes
    assert lossy.kind is None
    assert 24 <= lossy.x0 <= 40
    assert 60 <= lossy.x1 <= 76
    assert [entry.changes for entry in entries[2:]] == [(), ()]
    assert not any(entry.linked for entry in entries)
    assert (
        "2 of 3 images with faces or license plates show no change there" in capsys.readouterr().err
    )


def test_all_that_is_wrong_with_precomputed_images_is_said_at_once(data, elsewhere, capsys):
    (elsewhere / "x/0.png").unlink()
    write_png(elsewhere / "x/1.png", np.zeros((HEIGHT, 7, 3), np.uint8))
    (elsewhere / "b/2.png").write_bytes(b"no image")
    settings = {"method": "precomputed", "folder": str(elsewhere), "rename": {"a/": "x/"}}

    def check(**changes) -> tuple[int, str]:
        text = json.dumps({"fine": {"method": "blur"}, "theirs": settings | changes})
        code = run("check", settings=text, annotations=data / "train.coco.json")
        return code, capsys.readouterr().err

    code, message = check()
    assert code == 2
    assert f"variants.theirs: {elsewhere}/x/0.png: no such file" in message
    assert f"x/1.png: 7x{HEIGHT} pixels; the original has {WIDTH}x{HEIGHT}" in message
    assert "b/2.png: not a readable image" in message
    assert message.count("error:") == 3
    assert check(folder="nowhere")[1].count("nowhere: no such folder") == 1
    assert "theirs.folder, rename: unknown keys" in check(method="blur")[1]

    assert apply(data, settings) == 2
    assert "x/0.png: no such file" in capsys.readouterr().err
    assert not (data / "images").exists()


def test_images_that_differ_in_their_suffix_only_are_refused(data, capsys):
    write_png(data / "in/a/0.jpg", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    names = ("a/0.png", "a/0.jpg", *NAMES[2:])
    write_index(data, names, {"000-aaaaaaaa": names[:4]})
    assert apply(data, {"method": "blur"}) == 2
    assert "differs only in the suffix" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "a/../../b.png"])
def test_images_outside_of_the_folder_are_refused(tmp_path, name):
    image = CocoImage(1, name, WIDTH, HEIGHT, "")
    with pytest.raises(UserError, match="has to lie below the image folder"):
        check_names([Picture(image, tmp_path)])


def test_help_lists_the_actions(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  anonymization {action} " in said for action in ("check", "apply", "gather"))
