"""`python -m workflow_scripts privacy missed`, on known images, and what the tables say of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from plain_commands.files import read_json

from tests.privacy.privacy_case import (
    DETECTORS,
    FACES,
    HEIGHT,
    WIDTH,
    audit,
    make_data,
    regions_in,
    run,
)
from workflow_scripts.contracts.coco import CocoSplit, Instance
from workflow_scripts.contracts.missed import Missed
from workflow_scripts.contracts.regions import Kind, Region, read_regions, write_regions
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.privacy.matching import matched
from workflow_scripts.privacy.missed import TwoSearches, estimate_of, sample_of, searched_twice

WHOLE = {**DETECTORS, "only_on_labelled": False}
SECOND = {"faces": {"detector": "centerface", "max_iou": 0.4}}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three faces, of which the first search has missed the second one in a.png; a plate."""
    make_data(tmp_path)
    write_regions(tmp_path / "0.parquet", regions_in("a.png")[:1])
    return tmp_path


def missed(data: Path, **more) -> int:
    given = {
        "settings": json.dumps(SECOND),
        "pii": json.dumps(WHOLE),
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
        "output": data / "estimate.json",
        "only-second": data / "only_second.parquet",
        **more,
    }
    return run("missed", given)


def test_a_face_that_the_first_search_lacks_is_counted_and_listed(data, capsys):
    assert missed(data, fingerprint="f") == 0
    found = Missed.read(data / "estimate.json")
    assert (found.images, found.of_images, found.made_with["fingerprint"]) == (3, 3, "f")
    assert list(found.kinds) == [Kind.FACE]
    faces = found.kinds[Kind.FACE]
    assert (faces.first, faces.second, faces.not_labelled) == ("centerface", "centerface", 0)
    assert (faces.all.first, faces.all.second, faces.all.both, faces.all.found) == (2, 3, 2, 3)
    assert (faces.all.total, faces.all.total_low) == (3 * 4 / 3 - 1, 3)
    assert faces.all.missed_by_first.value == pytest.approx(1 / 3)
    assert faces.all.missed_by_both.value == 0
    sizes = {size: (one.first, one.second) for size, one in faces.sizes.items() if one.found}
    assert sizes == {"all": (2, 3), "20_to_40": (2, 3)}
    (place,) = read_regions(data / "only_second.parquet")
    x, y, _ = FACES["a.png"][1]
    assert (place.image, place.kind) == ("a.png", Kind.FACE)
    assert place.x0 < x < place.x1
    assert place.y0 < y < place.y1
    said = capsys.readouterr().err
    assert "faces: at least 33.3 % (33.3 to " in said
    assert "centerface found 2, the second detector (centerface) 3, and both 2, in 3 of 3" in said
    assert "Both are the same detector with two settings" in said


def test_finds_count_where_those_of_the_first_search_count(data, capsys):
    """A person is labelled around the first face in a.png, and regions lie on persons only."""
    mask = encode_mask(np.ones((60, 60), np.uint8), x0=40, y0=30, height=HEIGHT, width=WIDTH)
    person = Instance(1, 0, 1, (40, 30, 60, 60), 3600, mask)
    split = CocoSplit.read(data / "train.coco.json")
    replace(split, instances=(person,)).write(data / "train.coco.json")
    assert missed(data, pii=json.dumps(DETECTORS)) == 0
    faces = Missed.read(data / "estimate.json").kinds[Kind.FACE]
    assert (faces.all.second, faces.all.both, faces.not_labelled) == (1, 1, 2)
    assert "The second found 2 more outside labelled objects, which" in capsys.readouterr().err


def test_somebodys_own_list_can_be_the_second_search(data, capsys):
    rows = [{**vars(one), "kind": "face", "score": 1} for one in regions_in("a.png")]
    rows += [row | {"x1": (row["x0"] + row["x1"]) / 2} for row in rows]  # a half of each again
    keys = ("image", "kind", "x0", "y0", "x1", "y1")
    (data / "hand.json").write_text(json.dumps([{k: row[k] for k in keys} for row in rows]))
    second = {"faces": {"detector": "annotations", "file": str(data / "hand.json")}}
    assert missed(data, settings=json.dumps(second)) == 0
    numbers = Missed.read(data / "estimate.json").kinds[Kind.FACE].all
    assert (numbers.first, numbers.second, numbers.both) == (2, 2, 1)
    assert numbers.total == 3 * 3 / 2 - 1
    assert "Both are the same detector" not in capsys.readouterr().err


def test_a_sample_depends_on_the_content_of_the_images_alone(data):
    pictures = pictures_of(CocoSplit.read(data / "train.coco.json"), data / "in")
    one, two = (sample_of(pictures, most) for most in (1, 2))
    assert (len(one), len(two), len(sample_of(pictures, 9))) == (1, 2, 3)
    assert set(one) < set(two)
    assert sample_of(pictures[::-1], 2) == two[::-1]
    assert missed(data, settings=json.dumps({**SECOND, "images": 1})) == 0
    found = Missed.read(data / "estimate.json")
    assert (found.images, found.of_images) == (1, 3)


def test_chapmans_estimate_with_shares():
    numbers = searched_twice(30, 20, 15)
    assert numbers.found == 35
    assert numbers.total == 31 * 21 / 16 - 1
    assert numbers.missed_by_first.value == pytest.approx(1 - 30 / 39.6875)
    assert numbers.missed_by_both.value == pytest.approx(1 - 35 / 39.6875)
    for share, seen in ((numbers.missed_by_first, 30), (numbers.missed_by_both, 35)):
        assert share.low == 1 - seen / numbers.total_low
        assert share.high == 1 - seen / numbers.total_high
        assert share.low <= share.value <= share.high


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 0), (0, 5), (5, 5)])
def test_searches_that_share_nothing_tell_nothing(first, second):
    numbers = searched_twice(first, second, 0)
    assert (numbers.total, numbers.total_high, numbers.missed_by_first) == (None, None, None)
    assert numbers.found == first + second


def test_the_interval_holds_the_true_number_for_independent_searches():
    """200 faces in 20 images; the first search finds 0.85, the second 0.7 with other boxes."""
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        searches = []
        for _ in range(20):
            faces = [
                Region("a.png", Kind.FACE, 1.0, 40.0 * n, 0, 40.0 * n + rng.integers(10, 30), 30)
                for n in range(10)
            ]
            first = [face for face in faces if rng.random() < 0.85]
            second = [
                replace(face, x0=face.x0 + 1, y1=face.y1 + 2)
                for face in faces
                if rng.random() < 0.7
            ]
            pairs = matched(first, second)
            searches.append(TwoSearches(tuple(first), tuple(second), tuple(pairs), 0))
        numbers = estimate_of("one", "other", searches).all
        held += numbers.total_low <= 200 <= numbers.total_high
        assert 180 <= numbers.total <= 220
    assert held >= 18


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"settings": "{}"}, "--settings: no second detector is named; set faces or license_plat"),
        (
            {"pii": json.dumps({**WHOLE, "faces": None})},
            "--pii: no faces were looked for, so none could be missed",
        ),
        (
            {"settings": json.dumps({"faces": {"detector": "plates"}})},
            "--settings: faces.detector: plates does not find them; use one of annotations, "
            "centerface",
        ),
        (
            {"settings": json.dumps({"faces": {"detector": "yunet"}})},
            "jobs do not download; fetch it with `python -m workflow_scripts weights fetch`",
        ),
        ({"settings": json.dumps({**SECOND, "images": 0})}, "images: Input should be greater than"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(data, capsys, more, message):
    assert missed(data, **more) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert message in errors[0]
    assert not (data / "estimate.json").exists()


def test_the_first_search_is_not_overwritten(data, capsys):
    before = (data / "0.parquet").read_bytes()
    assert missed(data, **{"only-second": data / "0.parquet"}) == 2
    assert "0.parquet is an input and would be overwritten" in capsys.readouterr().err
    assert (data / "0.parquet").read_bytes() == before


def table(data: Path, *estimate: Path) -> None:
    audit(data, None)
    given = {
        "audits": [data / "privacy/unmodified.json"],
        "output": data / "tables",
        "page": data / "privacy.md",
        "variants": json.dumps({"unmodified": {"method": "natural", "seed": 73, "large": "smear"}}),
        **({"missed": estimate[0]} if estimate else {}),
    }
    assert run("table", given) == 0


def test_the_tables_and_the_page_say_what_was_missed(data):
    assert missed(data) == 0
    table(data, data / "estimate.json")
    long = pd.read_csv(data / "tables/privacy.csv")
    rows = long[(long.kind == "face") & (long["size"] == "all")].set_index("metric")
    assert rows.loc["found_by_second", "value"] == 3
    assert rows.loc["estimated_total", "value"] == 3
    assert rows.loc["missed_by_first", "value"] == pytest.approx(1 / 3)
    assert rows.loc["missed_by_first", "n"] == 3
    said = "faces: at least 33.3 % (33.3 to "
    for text in ((data / "tables/privacy.md").read_text(), (data / "privacy.md").read_text()):
        assert said in text
        assert 'read the estimate as "at least"' in text
        assert "False detections of either detector count as well" in text
        (row,) = [line for line in text.splitlines() if line.startswith("| faces of 20 to 40 px")]
        assert [cell.strip() for cell in row.split("|")[2:6]] == ["2", "3", "2", "3 (3 to 15)"]
    content = read_json(data / "tables/privacy.json")
    assert content["missed"]["kinds"]["face"]["sizes"]["all"]["both"] == 2
    no_plates = "license plates: how many were missed is not estimated, since no second detector is"
    assert any(one.startswith(no_plates) for one in content["coverage"])


def test_without_a_second_detector_the_page_says_that_nothing_is_estimated(data):
    table(data)
    content = read_json(data / "tables/privacy.json")
    assert content["missed"] is None
    assert content["coverage"] == [
        f"{kind}s: how many were missed is not estimated, since no second detector is named "
        f"(privacy.second_detection.{key})"
        for kind, key in (("face", "faces"), ("license plate", "license_plates"))
    ]
    page = (data / "privacy.md").read_text()
    (row,) = [line for line in page.splitlines() if "natural" in line]
    assert row.split("|")[3].strip() == "large: smear"  # the attacker does not know the seed
    assert "## What was missed" in page
    assert "privacy.second_detection.faces" in page.replace("\\", "")
