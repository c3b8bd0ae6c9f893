"""`python -m workflow_scripts privacy audit`, on known images."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from plain_commands.files import sha256_of, sha256_of_file

from tests.privacy.privacy_case import (
    HEIGHT,
    WIDTH,
    audit,
    blacked_out,
    dropping,
    face_at,
    figure,
    make_data,
    rewrite,
    shows_a_face,
)
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Change, read_manifest, write_manifest
from workflow_scripts.contracts.regions import Kind, Region, read_regions, write_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.privacy.measure import measure_image
from workflow_scripts.privacy.pairs import Pair
from workflow_scripts.privacy.summary import SIZES


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """See `privacy_case.make_data`."""
    return make_data(tmp_path)


def test_the_originals_are_found_again_and_alike(data, capsys):
    code, report = audit(data, None)
    assert code == 0
    faces, plates = (report["kinds"][kind]["all"] for kind in ("face", "license_plate"))
    assert (faces["regions"], plates["regions"]) == (3, 1)
    assert faces["found_again"] == {"n": 3, "found": 3, "share": 1.0}
    assert faces["found_again"] == faces["found_in_originals"]
    assert plates["characters"]["unchanged"] == plates["characters"]["n"] > 4
    assert faces["unchanged"]["n"] == 3
    assert faces["routes"] == {"none": 3}
    assert (faces["ssim"], faces["psnr"]) == (1, None)
    assert report["outside"] == {"n": 0, "images": [], "pixels": 0, "share": 0}
    assert report["metadata"]["kinds"] == {"text": 1}
    assert report["images"] == {
        "n": 3,
        "dropped": 0,
        "with_regions": 2,
        "originals": 3,
        "compared": 2,
        "lossy": 0,
        "tolerance_assumed": 0,
        "whole_image": 0,
    }
    assert "attention" not in capsys.readouterr().err


def test_black_boxes_leave_nothing(data):
    code, report = audit(data, blacked_out(data))
    assert code == 0
    faces, plates = (report["kinds"][kind]["all"] for kind in ("face", "license_plate"))
    assert faces["routes"] == {"blackbox": 3}
    assert faces["unchanged"] == {"n": 0, "images": []}
    assert faces["found_again"]["found"] == 0
    assert faces["found_in_originals"]["share"] == 1
    assert plates["characters"]["unchanged"] == 0
    assert report["outside"]["pixels"] == 0
    assert faces["ssim"] < 0.3 < report["whole_images"]["ssim"] < 1
    detectors = report["made_with"]["detectors"]
    assert not detectors["face"]["stands_in_for_annotations"]
    assert detectors["license_plate"]["settings"]["detector"] == "plates"
    assert detectors["license_plate"]["stands_in_for_annotations"]
    digest = sha256_of_file(data / "images/black/train/manifest.parquet")
    assert report["made_with"]["manifest_sha256"] == digest


def test_sizes_are_apart(data):
    _, report = audit(data, blacked_out(data))
    faces = report["kinds"]["face"]
    assert [faces[size]["regions"] for size in ("under_20", "20_to_40", "40_to_80")] == [0, 2, 1]
    assert faces["80_and_more"] == {"regions": 0}


def test_dropped_images_are_counted_apart(data, capsys):
    """They are neither unchanged nor changed; what is left in the others is unchanged."""
    code, report = audit(data, dropping(data, "a.png"))
    assert code == 0
    faces, plates = (report["kinds"][kind]["all"] for kind in ("face", "license_plate"))
    assert (faces["regions"], faces["dropped"], faces["unchanged"]["n"]) == (1, 2, 1)
    assert faces["found_again"]["n"] == faces["found_in_originals"]["n"] == 1
    assert (plates["regions"], plates.get("dropped", 0)) == (1, 0)
    sizes = report["kinds"]["face"]
    assert sum(sizes[size].get("dropped", 0) for size in SIZES) == 2
    assert (report["images"]["n"], report["images"]["dropped"]) == (2, 1)
    assert report["images"]["with_regions"] == 1
    said = capsys.readouterr().err
    assert "drop: 1 of 1 faces unchanged, e.g. in b.png" in said
    assert "dropped: 1 image with 2 regions" in said


def test_where_all_are_dropped_no_share_is_claimed(data, capsys):
    _, report = audit(data, dropping(data, "a.png", "b.png"))
    faces = report["kinds"]["face"]["all"]
    assert faces == {"regions": 0, "dropped": 3}
    assert "unchanged" not in capsys.readouterr().err


def test_a_pixel_beside_the_regions_is_noticed(data, capsys):
    folder = blacked_out(data)
    image = read_image(folder / "a.png")
    image[199, 319] ^= 1
    rewrite(folder, "a.png", image)
    _, report = audit(data, folder)
    assert report["outside"] == {
        "n": 1,
        "images": ["a.png"],
        "pixels": 1,
        "share": pytest.approx(1 / (3 * WIDTH * HEIGHT), abs=1e-6),
    }
    said = capsys.readouterr().err
    assert "attention: black: 1 image changed outside the regions, e.g. in a.png" in said


def test_a_region_that_was_left_alone_is_named(data, capsys):
    folder = blacked_out(data)
    (folder / "b.png").write_bytes((data / "in/b.png").read_bytes())
    source = sha256_of_file(folder / "b.png")
    rewrite(folder, "b.png", sha256=source, linked=True, changes=())
    _, report = audit(data, folder)
    faces, plates = (report["kinds"][kind]["all"] for kind in ("face", "license_plate"))
    assert faces["unchanged"] == {"n": 1, "images": ["b.png"]}
    assert faces["routes"] == {"blackbox": 2, "none": 1}
    assert faces["found_again"]["found"] == 1
    assert plates["unchanged"]["n"] == 1
    said = capsys.readouterr().err
    assert "attention: black: 1 of 3 faces unchanged, e.g. in b.png" in said


def test_a_manifest_that_claims_a_change_is_not_believed(data):
    folder = blacked_out(data)
    rewrite(folder, "a.png", read_image(data / "in/a.png"))
    _, report = audit(data, folder)
    assert report["kinds"]["face"]["all"]["unchanged"] == {"n": 2, "images": ["a.png"]}


def test_whole_objects_that_were_changed_are_a_route_too(data):
    folder = blacked_out(data)
    rewrite(folder, "a.png", changes=(Change("mask_objects", 20, 10, 280, 150),))
    rewrite(folder, "b.png", changes=())
    _, report = audit(data, folder)
    assert report["kinds"]["face"]["all"]["routes"] == {"mask_objects": 2, "not in the manifest": 1}
    assert report["outside"]["images"] == ["b.png"]


def test_metadata_of_images_from_elsewhere_is_counted(data, capsys):
    folder = blacked_out(data)
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    raw = io.BytesIO()
    Image.fromarray(read_image(folder / "a.png")).save(raw, "JPEG", exif=exif.tobytes())
    (folder / "a.jpg").write_bytes(raw.getvalue())
    rewrite(folder, "a.png", file="a.jpg", sha256=sha256_of(raw.getvalue()), lossy=True)
    _, report = audit(data, folder)
    assert report["metadata"] == {
        "n": 2,
        "images": ["a.png", "empty.jpg"],
        "of_them_originals": 1,
        "kinds": {"exif": 1, "text": 1},
    }
    assert report["outside"]["share"] < 0.05  # at the boxes' edges; the rest is JPEG's doing
    assert report["images"]["lossy"] == 1
    assert report["whole_images"]["ssim"] < 0.99
    assert "attention: black: 2 files with metadata" in capsys.readouterr().err


def test_a_channel_that_was_not_searched_is_counted(data):
    folder = blacked_out(data)
    pixels = read_image(folder / "a.png")
    Image.fromarray(np.dstack((pixels, pixels[..., 1]))).save(folder / "a.png")
    rewrite(folder, "a.png", sha256=sha256_of_file(folder / "a.png"))
    _, report = audit(data, folder)
    assert report["metadata"]["kinds"] == {"alpha": 1, "text": 1}


def test_a_jpeg_of_an_untouched_face_is_unchanged(data):
    folder = blacked_out(data)
    raw = io.BytesIO()
    Image.fromarray(read_image(data / "in/a.png")).save(raw, "JPEG", quality=80)
    (folder / "a.jpg").write_bytes(raw.getvalue())
    rewrite(folder, "a.png", file="a.jpg", sha256=sha256_of(raw.getvalue()), lossy=True)
    _, report = audit(data, folder)
    assert report["kinds"]["face"]["all"]["unchanged"] == {"n": 2, "images": ["a.png"]}
    assert not shows_a_face(figure(data, False, folder))


@pytest.mark.parametrize("lossy", [True, False])
def test_untouched_faces_in_a_png_are_unchanged_if_it_is_declared_lossy(data, lossy):
    folder = blacked_out(data)
    write_jpeg(folder / "a.jpg", read_image(data / "in/a.png"))
    rewrite(folder, "a.png", read_image(folder / "a.jpg"), changes=(), lossy=lossy)
    _, report = audit(data, folder)
    assert report["images"]["lossy"] == lossy
    assert report["kinds"]["face"]["all"]["unchanged"]["n"] == (2 if lossy else 0)


@pytest.mark.parametrize("quality", [75, 90])
def test_faces_that_fill_a_jpeg_are_changed_or_not(data, capsys, quality):
    """Half of the image differs by up to 26 levels: a change, and no noise of the codec."""
    folder = blacked_out(data)
    faces = [region for region in read_regions(data / "0.parquet") if region.kind is Kind.FACE]
    left, right = (
        replace(face, x0=x0, x1=x0 + WIDTH / 2, y0=0, y1=HEIGHT)
        for face, x0 in zip(faces, (0, WIDTH / 2), strict=True)
    )
    write_regions(data / "0.parquet", [left, right])
    pixels = read_image(data / "in/a.png")
    stripes = np.arange(WIDTH // 2) // 8 % 2 * 26
    pixels[:, : WIDTH // 2] = np.clip(pixels[:, : WIDTH // 2] - stripes[:, None], 0, 255)
    raw = io.BytesIO()
    Image.fromarray(pixels).save(raw, "JPEG", quality=quality)
    (folder / "a.jpg").write_bytes(raw.getvalue())
    changes = (Change.of(left, "blur", (0, 0, WIDTH // 2, HEIGHT)),)
    told = {"sha256": sha256_of(raw.getvalue()), "changes": changes, "lossy": True}
    rewrite(folder, "a.png", file="a.jpg", **told)
    _, report = audit(data, folder)
    faces = report["kinds"]["face"]["all"]
    assert faces["routes"] == {"blackbox": 1, "blur": 1, "none": 1}
    assert faces["unchanged"] == {"n": 1, "images": ["a.png"]}
    assert report["images"]["tolerance_assumed"] == 1
    assert (
        "attention: black: in 1 of 3 images too little detail lies beside faces and license plates "
        "to measure what compression changed; differences of up to 16 of 255 levels did not count"
    ) in capsys.readouterr().err


def test_the_number_of_threads_changes_nothing(data):
    folder = blacked_out(data)
    (data / "privacy").mkdir()
    found = []
    for threads in (1, 3):
        audit(data, folder, threads=threads)
        found.append((data / "privacy/black.json").read_bytes())
    assert found[0] == found[1]


def with_regions_of_a_stranger(data: Path, folder: Path) -> None:
    write_regions(data / "1.parquet", [face_at("x.png", 70, 60, 44)])


def with_a_manifest_of_other_images(data: Path, folder: Path) -> None:
    rewrite(folder, "a.png", image="x.png")


def with_a_manifest_that_lacks_one(data: Path, folder: Path) -> None:
    path = folder / "manifest.parquet"
    write_manifest(path, read_manifest(path)[1:])


def with_another_original(data: Path, folder: Path) -> None:
    rewrite(folder, "a.png", source_sha256="0" * 64)


def with_a_region_too_many(data: Path, folder: Path) -> None:
    rewrite(folder, "a.png", changes=(Change("blackbox", 0, 0, 9, 9, Kind.FACE, "7"),))


def with_another_size(data: Path, folder: Path) -> None:
    rewrite(folder, "a.png", np.zeros((HEIGHT, 7, 3), np.uint8))


def with_an_image_missing(data: Path, folder: Path) -> None:
    (folder / "a.png").unlink()


def with_another_image(data: Path, folder: Path) -> None:
    write_png(folder / "a.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            with_regions_of_a_stranger,
            "regions of x.png, which is not among these images; delete the folder pii of the "
            "experiment and repeat the call",
        ),
        (with_a_manifest_of_other_images, "manifest.parquet: x.png is not in the training split"),
        (with_a_manifest_that_lacks_one, "manifest.parquet: a.png is missing"),
        (with_another_original, "a.png was made from another original; delete "),
        (
            with_a_region_too_many,
            "a.png lists a change of region 7, which is not among its PII regions",
        ),
        (with_another_size, f"a.png: 7x{HEIGHT} pixels, the index has {WIDTH}x{HEIGHT}"),
        (with_an_image_missing, "a.png: no such file"),
        (with_another_image, "a.png: the file has changed since it was recorded"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(data, capsys, spoil, message):
    folder = blacked_out(data)
    spoil(data, folder)
    code, report = audit(data, folder)
    assert (code, report) == (2, {})
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert message in errors[0]


@pytest.mark.parametrize("hidden", [True, False])
def test_a_tiny_face_in_a_jpeg_is_seen_to_be_changed(tmp_path, hidden):
    """It is as narrow as the specks that are dropped elsewhere in a JPEG."""
    pixels = np.random.default_rng(0).integers(60, 120, (64, 96, 3), np.uint8)
    pixels = cv2.GaussianBlur(pixels, (0, 0), 2)
    pixels[30:35, 40:44] = 220
    write_jpeg(tmp_path / "a.jpg", pixels)
    original = read_image(tmp_path / "a.jpg")
    new = original.copy()
    if hidden:
        new[30:35, 40:44] = 130
    write_jpeg(tmp_path / "new.jpg", new)
    region = Region("a.jpg", Kind.FACE, 1.0, 40, 30, 44, 35, id="r")
    record = CocoImage(1, "a.jpg", 96, 64, sha256_of_file(tmp_path / "a.jpg"))
    twin = replace(record, file_name="new.jpg", sha256=sha256_of_file(tmp_path / "new.jpg"))
    pair = Pair(Picture(record, tmp_path, (region,)), twin, tmp_path, lossy=True)
    (finding,) = measure_image(pair, {}).regions
    assert finding.changed == hidden


def write_jpeg(path, pixels):
    Image.fromarray(pixels).save(path, quality=90)
