"""`python -m workflow_scripts privacy table` and `figure`, on known images."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_face import draw_face
from plain_commands.files import sha256_of_file

from tests.commands import privacy as main
from tests.privacy.privacy_case import (
    HEIGHT,
    NAMES,
    WIDTH,
    audit,
    blacked_out,
    dropping,
    face_at,
    figure,
    make_data,
    regions_in,
    rewrite,
    run,
    shows_a_face,
)
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import write_regions
from workflow_scripts.imaging.images import read_image, write_png


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """See `privacy_case.make_data`."""
    return make_data(tmp_path)


def test_the_table_has_a_row_for_each_variant(data, capsys):
    audit(data, None)
    audit(data, blacked_out(data))
    audits = [data / f"privacy/{name}.json" for name in ("unmodified", "black")]
    assert run("table", {"audits": audits, "output": data / "tables"}) == 0
    long = pd.read_csv(data / "tables/privacy.csv")
    assert list(long.columns) == ["variant", "kind", "size", "metric", "value", "n"]
    one = long[(long.variant == "black") & (long.kind == "face") & (long["size"] == "all")]
    values = one.set_index("metric")["value"]
    assert values["found_again"] == 0
    assert values["found_in_originals"] == 1
    assert values["route:blackbox"] == 3
    readable = (data / "tables/privacy.md").read_text()
    rows = [line for line in readable.splitlines() if line.startswith(("| unmod", "| black"))]
    assert len(rows) == 6  # faces, plates, whole images
    assert "**Attention:** black: 1 file with metadata (text), e.g. in empty.jpg" in readable
    capsys.readouterr()
    assert main(["show", str(data / "tables/privacy.json")]) == 0
    said = capsys.readouterr().out
    assert "0.0 % (100.0 %)" in said
    assert "License plates" in said


def test_a_kind_that_nobody_looked_for_has_no_number(data, capsys):
    write_regions(data / "1.parquet", regions_in("b.png"))
    faces_only = json.dumps({"faces": {"detector": "centerface"}, "license_plates": None})
    code, report = audit(data, None, settings=faces_only)
    assert code == 0
    assert list(report["kinds"]) == ["face"]
    capsys.readouterr()
    tables = {"audits": [data / "privacy/unmodified.json"], "output": data / "tables"}
    assert run("table", tables) == 0
    assert "unmodified,license_plate,all,regions,,0\n" in (data / "tables/privacy.csv").read_text()
    assert main(["show", str(data / "tables/privacy.json")]) == 0
    said = capsys.readouterr().out.partition("License plates")[2]
    assert said.split("\n\n")[0].splitlines()[-1].split(maxsplit=1) == ["Regions", "not looked for"]


def test_images_that_were_not_compared_are_not_certified(data):
    """An upside-down twin: no face is where it was, and none is hidden."""
    folder = blacked_out(data, "theirs", "precomputed")
    for name in ("a.png", "b.png"):
        image = read_image(data / "in" / name)[::-1, ::-1]
        whole = Change("precomputed", 0, 0, WIDTH, HEIGHT)
        rewrite(folder, name, np.ascontiguousarray(image), changes=(whole,), whole_image=True)
    _, report = audit(data, folder)
    assert report["images"]["whole_image"] == 2
    assert report["kinds"]["face"]["all"]["unchanged"]["n"] == 0
    tables = {"audits": [data / "privacy/theirs.json"], "output": data / "tables"}
    assert run("table", tables) == 0
    content = json.loads((data / "tables/privacy.json").read_text())
    assert content["notes"][0] == (
        "theirs: 2 of 3 images were compared inside the regions only (whole_image); a face "
        "or plate that was just moved, as in a turned image, counts as changed and is not looked "
        "for elsewhere"
    )
    faces, _, images = (
        dict(zip(table["columns"], table["rows"][0], strict=True)) for table in content["layouts"]
    )
    assert faces["Unchanged"] == "0 (whole_image)"
    assert images["Pixels outside"] == "0, 2 images not compared"
    assert "theirs,image,all,pixels_outside,0.0,1\n" in (data / "tables/privacy.csv").read_text()


def test_text_of_others_is_neither_formula_nor_markup(data):
    _, report = audit(data, blacked_out(data))
    report["variant"] = "=1+1"
    report["metadata"]["images"] = ["<b>.jpg"]
    (data / "privacy/odd.json").write_text(json.dumps(report))
    tables = {"audits": [data / "privacy/odd.json"], "output": data / "tables"}
    assert run("table", tables) == 0
    rows = (data / "tables/privacy.csv").read_text().splitlines()[1:]
    assert all(row.startswith("'=1+1,") for row in rows)
    assert r"e.g. in \<b>.jpg" in (data / "tables/privacy.md").read_text()


def test_a_table_of_something_else_is_refused(data, capsys):
    (data / "other.json").write_text('{"schema": 1}')
    assert run("table", {"audits": [data / "other.json"], "output": data / "tables"}) == 2
    assert "other.json: variant, originals, images" in capsys.readouterr().err
    assert main(["show", str(data / "other.json")]) == 2
    assert "other.json: caption, layouts, audits" in capsys.readouterr().err


def test_dropped_images_stand_beside_the_others(data):
    audit(data, None)
    audit(data, dropping(data, "a.png", "b.png"))
    audits = [data / f"privacy/{name}.json" for name in ("unmodified", "drop")]
    assert run("table", {"audits": audits, "output": data / "tables"}) == 0
    long = pd.read_csv(data / "tables/privacy.csv")
    of_drop = long[(long.variant == "drop") & (long["size"] == "all")]
    counts = of_drop[of_drop.metric == "dropped"].set_index("kind")
    assert (counts.value["face"], counts.n["face"]) == (3, 3)
    assert (counts.value["image"], counts.n["image"]) == (2, 3)
    assert "dropped" not in set(long[long.variant == "unmodified"].metric)
    readable = (data / "tables/privacy.md").read_text()
    cells = [line.split("|")[2].strip() for line in readable.splitlines() if "| drop " in line]
    assert cells == ["0 (3 more dropped)", "0 (1 more dropped)", "1 (2 more dropped)"]


def test_a_dropped_picture_is_not_shown(data):
    assert not shows_a_face(figure(data, False, dropping(data, "a.png", "b.png")))
    text = (data / "figures/before_after.svg").read_text()
    assert ">dropped<" in text
    assert ">unchanged<" not in text
    figure(data, True, dropping(data, "a.png"), blacked_out(data))
    text = (data / "figures/before_after.svg").read_text()
    assert text.count(">dropped<") == 2
    assert text.count(">unchanged<") == 2  # the face and the plate that the variant keeps


def test_the_figure_is_the_same_each_time(data):
    folder = blacked_out(data)
    first = figure(data, True, folder), (data / "figures/before_after.svg").read_bytes()
    assert first == (figure(data, True, folder), (data / "figures/before_after.svg").read_bytes())
    text = first[1].decode()
    assert "Regions before and after anonymization" in text
    assert ">blackbox<" in text
    assert ">black<" in text


def test_originals_are_shown_only_where_they_may_be(data):
    folder = blacked_out(data)
    for shown in (True, False):
        assert shows_a_face(figure(data, shown, folder)) == shown
        for name in ("before_after.svg", "before_after.png"):
            others = (data / "figures" / name).stat().st_mode & 0o077
            assert (others == 0) == shown


def test_a_region_whose_change_is_missing_is_not_shown(data):
    folder = blacked_out(data)
    (folder / "b.png").write_bytes((data / "in/b.png").read_bytes())
    source = sha256_of_file(folder / "b.png")
    rewrite(folder, "b.png", sha256=source, linked=True, changes=())
    assert not shows_a_face(figure(data, False, folder))
    text = (data / "figures/before_after.svg").read_text()
    assert ">unchanged<" in text


def test_an_unchanged_neighbour_is_not_shown(data):
    folder = blacked_out(data)
    image = read_image(folder / "a.png")
    near = replace(
        face_at("a.png", 70, 60, 44), id="near", x0=108, x1=130, y0=50, y1=76, landmarks=None
    )
    draw_face(image, 119, 63, 26)
    original = read_image(data / "in/a.png")
    original[40:90, 104:134] = image[40:90, 104:134]
    write_png(data / "in/a.png", original)
    images = tuple(
        CocoImage(n, name, WIDTH, HEIGHT, sha256_of_file(data / "in" / name))
        for n, name in enumerate(NAMES)
    )
    CocoSplit(("person",), images, ()).write(data / "train.coco.json")
    rewrite(folder, "a.png", image, source_sha256=images[0].sha256)
    write_regions(data / "0.parquet", [*regions_in("a.png"), near])
    assert not shows_a_face(figure(data, False, folder))
    assert "neighbour" in (data / "figures/before_after.svg").read_text()


def test_nothing_to_show_is_a_figure_too(data):
    figure(data, False)
    assert "No faces or license plates" in (data / "figures/before_after.svg").read_text()
