"""A person's review: the page of an index, and its answers as regions for the next run."""

import base64
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_commands.errors import UserError

from benchmarks.review import ReviewedWorld, bounds_of
from tests.commands import pii
from tests.privacy.privacy_case import audit, blacked_out, make_data, run
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Kind, Region, read_regions, with_ids, write_regions
from workflow_scripts.contracts.reviews import Review
from workflow_scripts.imaging.images import read_image

TABLES = ("0.parquet", "1.parquet")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three faces and a plate in two of three images, reviewed on all their tiles."""
    make_data(tmp_path)
    assert make_page(tmp_path) == 0
    return tmp_path


def make_page(data: Path, **more) -> int:
    given = {
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / name for name in TABLES],
        "side": 128,
        "output": data / "page.html",
    }
    return run("review", given | more)


def content_of(data: Path) -> dict:
    page = (data / "page.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="content">(.*?)</script>', page)[1])


def answer(data: Path, *marks: str) -> Path:
    """The file that a page exports; each mark is what stands behind the sample's digest."""
    content = content_of(data)
    seen = [f"{tile['id']},seen,,,,,," for tile in content["tiles"]]
    rows = [f"{content['sample']},{row}" for row in [*seen, *marks]]
    path = data / "answers.csv"
    path.write_text("\n".join([",".join(content["columns"]), *rows]) + "\n")
    return path


def take(data: Path, answers: Path, **more) -> int:
    given = {
        "answers": answers,
        "sample": data / "page.json",
        "regions": [data / name for name in TABLES],
        "output": data / "reviewed.json",
        "numbers": data / "review.json",
    }
    return run("reviewed", given | more)


def tile_of(content: dict, image: str, x: float, y: float) -> dict:
    (tile,) = (
        tile
        for tile in content["tiles"]
        if tile["image"] == image
        and tile["box"][0] <= x < tile["box"][2]
        and tile["box"][1] <= y < tile["box"][3]
    )
    return tile


def error_of(capsys) -> str:
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "error: " in line)
    return line.partition("error: ")[2]


def test_the_page_is_announced_as_holding_originals(tmp_path, capsys):
    make_data(tmp_path)
    assert make_page(tmp_path) == 0
    said = capsys.readouterr().err
    assert "page.html holds original images; keep it where the originals are" in said
    assert "no_region: 14 of 14 tiles" in said
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600


def test_the_page_shows_the_original_pixels_of_each_tile(data):
    content = content_of(data)
    assert len(content["tiles"]) == 3 * 6
    for tile in content["tiles"]:
        x0, y0, x1, y1 = map(int, tile["view"])
        jpeg = np.frombuffer(base64.b64decode(tile["jpeg"]), np.uint8)
        shown = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
        original = read_image(data / "in" / tile["image"])[y0:y1, x0:x1]
        assert shown.shape == original.shape
        assert np.abs(shown.astype(int) - original).mean() < 3


def test_each_region_is_judged_once(data):
    found = [region.id for name in TABLES for region in read_regions(data / name)]
    shown = [region["id"] for tile in content_of(data)["tiles"] for region in tile["regions"]]
    assert sorted(found) == sorted(shown)
    assert len(found) == 4


def test_answers_become_regions_and_numbers(data, capsys):
    content = content_of(data)
    regions = [region for name in TABLES for region in read_regions(data / name)]
    plate = next(region for region in regions if region.kind is Kind.LICENSE_PLATE)
    centre = (plate.x0 + plate.x1) / 2, (plate.y0 + plate.y1) / 2
    wrong = f"{tile_of(content, 'b.png', *centre)['id']},wrong,license_plate,{plate.id},,,,"
    missed = f"{tile_of(content, 'empty.jpg', 40, 50)['id']},missed,face,,30,40.5,50,60"
    assert take(data, answer(data, wrong, missed)) == 0
    said = capsys.readouterr().err
    assert "faces: 0 of 3 judged are wrong (at most 0.0 % of all 3 found); 1 missed (at " in said
    assert "reviewed.json: 4 regions; 1 removed, 1 added" in said
    rows = json.loads((data / "reviewed.json").read_text())
    assert [row["image"] for row in rows] == ["a.png", "a.png", "b.png", "empty.jpg"]
    assert rows[3] == {
        "image": "empty.jpg", "kind": "face", "score": 1.0, "split": "train",
        "x0": 30.0, "y0": 40.5, "x1": 50.0, "y1": 60.0,
    }  # fmt: skip
    numbers = json.loads((data / "review.json").read_text())
    assert date.fromisoformat(numbers["date"])
    assert (numbers["tiles"], numbers["reviewed"], numbers["level"]) == (18, 18, 0.95)
    faces, plates = numbers["kinds"]["face"], numbers["kinds"]["license_plate"]
    # Every tile was reviewed: nothing is left to chance.
    assert faces["missed_share"] == {"value": 0.25, "upper": 0.25}
    assert faces["wrong_share"] == {"value": 0.0, "upper": 0.0}
    assert plates["wrong_share"] == {"value": 1.0, "upper": 1.0}
    assert (plates["confirmed"], plates["wrong"], plates["missed"]) == (0, 1, 0)


def test_a_track_outlives_the_review(data):
    first, *others = read_regions(data / TABLES[0])
    write_regions(data / TABLES[0], [replace(first, track="anna"), *others])
    assert take(data, answer(data)) == 0
    rows = json.loads((data / "reviewed.json").read_text())
    assert [row.get("track") for row in rows] == ["anna", None, None, None]


def table_of(data: Path, *, regions: tuple[str, ...] = TABLES, **more) -> int:
    """The privacy table of the reviewed images, one variant of which was anonymized."""
    audit(data, blacked_out(data))
    return run(
        "table",
        {
            "audits": [data / "privacy/black.json"],
            "review": data / "review.json",
            "regions": [data / name for name in regions],
            "output": data / "tables",
            "page": data / "privacy.md",
            **more,
        },
    )


def test_the_numbers_of_a_review_stand_in_table_and_page(data):
    missed = f"{tile_of(content_of(data), 'empty.jpg', 40, 50)['id']},missed,face,,30,40,50,60"
    assert take(data, answer(data, missed)) == 0
    assert table_of(data) == 0
    tables = json.loads((data / "tables/privacy.json").read_text())
    assert tables["review_is_current"] is True
    assert tables["coverage"][0] == (
        "faces: a person reviewed 18 of the 18 tiles of 3 images, drawn at random "
        f"({tables['review']['date']}): 0 of 3 judged are wrong (at most 0.0 % of all 3 found); 1 "
        "missed (at most 25.0 % of all that are there)"
    )
    lines = (data / "tables/privacy.csv").read_text().splitlines()
    assert "unmodified,face,all,reviewed:missed,0.25,4" in lines
    assert "unmodified,face,all,reviewed:missed:high,0.25,4" in lines
    page = re.sub(" +", " ", (data / "privacy.md").read_text())
    assert "## What a person reviewed" in page
    assert "| faces | 3 | 0 | 1 | 0.0 % (at most 0.0 %) | 25.0 % (at most 25.0 %) |" in page
    assert "| faces of 20 to 40 px | 2 | 0 | 1 | – | 33.3 % |" in page
    assert "Have a person review" not in page


def test_a_review_of_other_regions_says_so(data):
    assert take(data, answer(data)) == 0
    assert table_of(data, regions=TABLES[:1]) == 0
    tables = json.loads((data / "tables/privacy.json").read_text())
    assert tables["review_is_current"] is False
    assert "The review was of different regions than those anonymized" in tables["coverage"][0]
    page = (data / "privacy.md").read_text()
    assert "Have a person review a random sample of the images with the current regions" in page


def test_half_of_the_tiles_is_said_beside_the_bound(data):
    assert make_page(data, tiles=9) == 0
    assert take(data, answer(data)) == 0
    assert table_of(data) == 0
    tables = json.loads((data / "tables/privacy.json").read_text())
    assert ". The other 9 tiles were not reviewed; the bounds (95 %" in tables["coverage"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "val"}, "review.json: a review of validation images, which are not anonymized;"),
        ({"kinds": {}}, "review.json: kinds: face is missing"),
        ({"source": None}, "review.json: source: "),
    ],
)
def test_numbers_of_something_else_are_one_line(data, capsys, change, message):
    assert take(data, answer(data)) == 0
    numbers = json.loads((data / "review.json").read_text())
    (data / "review.json").write_text(json.dumps(numbers | change))
    capsys.readouterr()
    assert table_of(data) == 2
    assert message in error_of(capsys)


@pytest.mark.parametrize("value", [7, -0.1, float("nan")])
def test_numbers_that_cannot_be_are_one_line(data, capsys, value):
    assert take(data, answer(data)) == 0
    numbers = json.loads((data / "review.json").read_text())
    numbers["kinds"]["face"]["missed_share"]["upper"] = value
    (data / "review.json").write_text(json.dumps(numbers))
    with pytest.raises(UserError, match="kinds: face: missed_share is not a share between 0 and 1"):
        Review.read(data / "review.json")
    numbers["kinds"]["face"]["missed_share"]["upper"] = 0.5
    (data / "review.json").write_text(json.dumps(numbers | {"reviewed": 19}))
    with pytest.raises(UserError, match="reviewed: 19 of 18 tiles"):
        Review.read(data / "review.json")


def test_the_next_run_takes_the_regions(data):
    """By `detector: annotations`, with the ids, landmarks and scores that they had."""
    content = content_of(data)
    missed = f"{tile_of(content, 'empty.jpg', 40, 50)['id']},missed,face,,30,40,50,60"
    assert take(data, answer(data, missed)) == 0
    images = [image.file_name for image in CocoSplit.read(data / "train.coco.json").images]
    shards = {"images_per_shard": 9, "digests": {}, "shards": {"0": images}}
    (data / "shards.json").write_text(json.dumps(shards))
    detector = {"detector": "annotations", "file": str(data / "reviewed.json")}
    settings = {"faces": detector, "license_plates": detector, "only_on_labelled": False}
    given = {
        "settings": json.dumps(settings), "annotations": data / "train.coco.json",
        "images": data / "in", "shards": data / "shards.json", "shard": "0",
        "output": data / "again.parquet",
    }  # fmt: skip
    words = [str(word) for key, value in given.items() for word in (f"--{key}", value)]
    assert pii(["detect", *words]) == 0
    again = {region.id: region for region in read_regions(data / "again.parquet")}
    before = [region for name in TABLES for region in read_regions(data / name)]
    assert len(again) == len(before) + 1
    (added,) = (region for region in again.values() if region.image == "empty.jpg")
    assert (added.kind, added.x0, added.y1, added.score) == (Kind.FACE, 30, 60, 1)
    boxes = {(one.image, one.kind, one.x0, one.y0): one for one in again.values()}
    for region in before:
        same = boxes[region.image, region.kind, region.x0, region.y0]
        assert (same.score, same.landmarks, same.quad) == (
            pytest.approx(region.score), region.landmarks, region.quad
        )  # fmt: skip


def test_regions_of_the_other_split_are_passed_on(data):
    write_regions(data / "v.parquet", with_ids([Region("a.png", Kind.FACE, 0.5, 3, 4, 20, 30)]))
    more = {"other-split": [data / "v.parquet"]}
    assert take(data, answer(data), **more) == 0
    *_, last = json.loads((data / "reviewed.json").read_text())
    assert (last["split"], last["image"], last["score"]) == ("val", "a.png", 0.5)


def test_points_that_a_file_of_regions_cannot_hold_are_counted(tmp_path, capsys):
    make_data(tmp_path)
    region = Region("a.png", Kind.FACE, 0.9, 9, 9, 20, 20, landmarks=((90.0, 90.0),) * 5)
    tiny = Region("a.png", Kind.FACE, 0.9, 0, 0, 2, 2)
    write_regions(tmp_path / "0.parquet", with_ids([region, tiny]))
    assert make_page(tmp_path) == 0
    assert take(tmp_path, answer(tmp_path)) == 0
    said = capsys.readouterr().err
    assert "attention: 1 region saved without points, whose centre is not in the box" in said
    assert "attention: 1 region left out, of 2 pixels or less in the upper left corner" in said


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("t99,seen,,,,,,", "answers.csv: line 20: there is no tile 't99' on this page"),
        ("t1,wrong,face,0123,,,,", "answers.csv: line 20: tile t1 has no region '0123'; export"),
        ("t1,seen,,,,,,", "answers.csv: line 20: it repeats line 2; remove one of them"),
        ("t1,missed,face,,-50,0,-20,9", "line 20: the box (-50, 0, -20, 9) lies outside of tile"),
    ],
)
def test_a_wrong_answer_is_one_line(data, capsys, mark, message):
    answers = answer(data, mark)
    capsys.readouterr()
    assert take(data, answers) == 2
    assert message in error_of(capsys)
    assert not (data / "reviewed.json").exists()


def test_half_a_review_is_one_line(data, capsys):
    answers = answer(data)
    lines = answers.read_text().splitlines()
    answers.write_text("\n".join(lines[:9]) + "\n")
    capsys.readouterr()
    assert take(data, answers) == 2
    assert "10 of 18 tiles are not reviewed, t9 is the first; finish the page" in error_of(capsys)


def test_other_regions_than_those_of_the_page_are_one_line(data, capsys):
    answers = answer(data)
    capsys.readouterr()
    assert take(data, answers, regions=[data / "0.parquet"]) == 2
    assert "page.json: the page was made from other regions than these 2; name" in error_of(capsys)


def test_the_sample_of_another_page_is_one_line(data, capsys):
    answers = answer(data)
    assert make_page(data, seed=1, tiles=9) == 0
    capsys.readouterr()
    assert take(data, answers) == 2
    assert "answers.csv: 18 lines are of the page 's" in error_of(capsys)


def test_a_page_needs_a_name_of_its_kind_and_an_image(tmp_path, capsys):
    make_data(tmp_path)
    assert make_page(tmp_path, output=tmp_path / "page") == 2
    assert error_of(capsys).startswith("--output: the page is an .html file, found ")
    CocoSplit(("person",), (), ()).write(tmp_path / "none.coco.json")
    given = {"annotations": tmp_path / "none.coco.json", "regions": []}
    assert make_page(tmp_path, **given) == 2
    assert "none.coco.json: it lists no image, so there is nothing to review" in error_of(capsys)
    image = CocoImage(0, "other.png", 9, 9, "0")
    CocoSplit(("person",), (image,), ()).write(tmp_path / "other.coco.json")
    assert make_page(tmp_path, annotations=tmp_path / "other.coco.json") == 2
    assert "a.png, which is not among these images" in error_of(capsys)


def test_bounds_hold_and_are_not_idle():
    """40 reviews; `python -m benchmarks.review` does 500 (docs/review.md)."""
    found = bounds_of(ReviewedWorld(0.3, 4, 0.2, 0.1, True, 100), repetitions=40, tiles=400)
    assert min(found["missed_holds"], found["wrong_holds"]) >= 0.92
    assert found["missed_truth"] < found["missed_bound"] < 0.6
    assert found["wrong_truth"] < found["wrong_bound"] < 0.5


@pytest.mark.parametrize(
    ("option", "name"), [("output", "answers.csv"), ("numbers", "page.json"), ("output", TABLES[0])]
)
def test_what_is_read_is_not_overwritten(data, capsys, option, name):
    answers = answer(data)
    before = (data / name).read_bytes()
    assert take(data, answers, **{option: data / name}) == 2
    assert error_of(capsys).endswith(
        f"{name} is an input and would be overwritten; name another file"
    )
    assert (data / name).read_bytes() == before


def test_regions_and_numbers_are_two_files(data, capsys):
    assert take(data, answer(data), numbers=data / "reviewed.json") == 2
    assert error_of(capsys).startswith("--output, --numbers: both are ")
