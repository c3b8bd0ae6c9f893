"""`python -m workflow_scripts pii`: regions of a shard, and their statistics."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of

from tests.commands import pii as main
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.regions import (
    Kind,
    NotCounted,
    Region,
    read_not_counted,
    read_regions,
    with_ids,
    write_regions,
)
from workflow_scripts.imaging.detection import merged, share_on
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.pii.figure import draw
from workflow_scripts.pii.settings import Pii
from workflow_scripts.pii.summary import summarize

CLASSES = ("person", "car", "bicycle")
WIDTH, HEIGHT = 64, 48


def instance(number: int, image: int, name: str, box: tuple, crowd=0) -> Instance:
    x, y, w, h = box
    mask = encode_mask(np.ones((h, w), bool), x, y, HEIGHT, WIDTH)
    category = CLASSES.index(name) + 1
    return Instance(number, image, category, box, w * h, mask, crowd)


def write_split(folder: Path, *instances: Instance, images: int = 3) -> Path:
    digest = sha256_of(write_png(folder / "0.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8)))
    for number in range(1, images):
        shutil.copy(folder / "0.png", folder / f"{number}.png")
    records = tuple(CocoImage(n, f"{n}.png", WIDTH, HEIGHT, digest) for n in range(images))
    CocoSplit(CLASSES, records, instances).write(folder / "train.coco.json")
    shards = {
        "schema": 1,
        "images_per_shard": 2,
        "digests": {},
        "shards": {"000-aaaaaaaa": ["0.png", "1.png"], "001-bbbbbbbb": ["2.png"]},
    }
    (folder / "shards.json").write_text(json.dumps(shards))
    return folder


def detect(folder: Path, settings: dict, shard: str = "000-aaaaaaaa") -> tuple[int, list[Region]]:
    output = folder / f"pii/{shard}.parquet"
    arguments = {
        "--settings": json.dumps(settings),
        "--annotations": folder / "train.coco.json",
        "--images": folder,
        "--shards": folder / "shards.json",
        "--shard": shard,
        "--output": output,
        "--log": folder / "log.txt",
    }
    code = main(["detect", *(str(part) for pair in arguments.items() for part in pair)])
    return code, read_regions(output) if output.exists() else []


def marked(folder: Path, *rows: tuple) -> dict:
    """Settings that take both kinds from a file with rows image, kind, x0, y0, x1, y1."""
    path = folder / f"regions{len(rows)}.csv"
    lines = ["image,kind,x0,y0,x1,y1", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines))
    detector = {"detector": "annotations", "file": str(path)}
    return {"faces": detector, "license_plates": detector}


def test_detect_keeps_what_lies_on_labelled_parents(tmp_path):
    write_split(
        tmp_path,
        instance(1, 0, "person", (10, 10, 20, 30)),
        instance(2, 0, "car", (40, 10, 20, 20)),
        instance(3, 1, "person", (0, 0, 20, 20), crowd=1),
        instance(4, 1, "bicycle", (40, 0, 20, 20)),
    )
    settings = marked(
        tmp_path,
        ("0.png", "face", 12, 10, 20, 18),
        ("0.png", "face", 6, 20, 12, 26),  # a third of it on the person
        ("0.png", "face", 4, 20, 11, 26),  # a seventh
        ("0.png", "face", 45, 12, 50, 18),  # on the car
        ("0.png", "license_plate", 45, 12, 50, 18),
        ("0.png", "license_plate", 12, 12, 20, 18),  # on the person
        ("1.png", "face", 4, 4, 9, 9),  # on a group
        ("1.png", "license_plate", 45, 4, 55, 9),  # on a bicycle
        ("2.png", "face", 4, 4, 9, 9),  # of another shard
    )
    code, found = detect(tmp_path, settings)
    assert code == 0
    assert [(r.image, r.kind, r.x0) for r in found] == [
        ("0.png", Kind.FACE, 6),
        ("0.png", Kind.FACE, 12),
        ("0.png", Kind.LICENSE_PLATE, 45),
        ("1.png", Kind.FACE, 4),
    ]
    (table,) = tmp_path.glob("pii/*.parquet")
    assert read_not_counted(table).left_out == {Kind.FACE: 2, Kind.LICENSE_PLATE: 2}
    _, found = detect(tmp_path, settings | {"only_on_labelled": False})
    assert len(found) == 7  # two faces overlap by most of the smaller one
    assert read_not_counted(table) == NotCounted(merged=Counter({Kind.FACE: 1}))
    assert (found[0].x0, found[0].x1) == (4, 12)
    _, found = detect(tmp_path, settings | {"faces": None})
    assert {r.kind for r in found} == {Kind.LICENSE_PLATE}
    _, found = detect(tmp_path, settings | {"vehicle_classes": ["bicycle"]})
    assert [r.image for r in found if r.kind is Kind.LICENSE_PLATE] == ["1.png"]


def test_detect_runs_the_network_on_images(tmp_path):
    write_split(tmp_path)
    code, found = detect(tmp_path, {"license_plates": None})
    assert (code, found) == (0, [])


def test_detect_names_a_damaged_image_and_writes_nothing(tmp_path, capsys):
    write_split(tmp_path)
    (tmp_path / "1.png").write_bytes(b"no image")
    code, _ = detect(tmp_path, {"license_plates": None, "only_on_labelled": False})
    assert code == 2
    assert "1.png" in capsys.readouterr().err
    assert not list(tmp_path.glob("pii/*"))


def test_images_without_persons_are_not_even_read(tmp_path):
    write_split(tmp_path, instance(1, 0, "person", (10, 10, 20, 30)))
    (tmp_path / "1.png").write_bytes(b"no image")
    assert detect(tmp_path, {"license_plates": None}) == (0, [])


def test_check_reports_all_that_does_not_fit(tmp_path, capsys):
    write_split(tmp_path)
    settings = json.dumps({"person_classes": ["pedestrian"]})
    arguments = ["--annotations", tmp_path / "train.coco.json", "--images", tmp_path]
    assert main(["check", "--settings", settings, *map(str, arguments)]) == 2
    message = capsys.readouterr().err
    assert "pii.license_plates: `annotations` without a `file` reads the polygon files" in message
    assert "pii.person_classes: none of pedestrian is a class of the data set" in message
    settings = json.dumps({"license_plates": None})
    assert main(["check", "--settings", settings, *map(str, arguments)]) == 0


def test_detect_refuses_an_unknown_shard(tmp_path, capsys):
    write_split(tmp_path)
    assert detect(tmp_path, {"license_plates": None}, "007-cccccccc")[0] == 2
    assert "no shard '007-cccccccc'" in capsys.readouterr().err


def test_share_counts_pixels_of_several_masks_once():
    region = Region("0.png", Kind.FACE, 1, 10, 10, 20, 20)
    halves = [instance(1, 0, "person", (10, 10, 5, 10)), instance(2, 0, "person", (12, 10, 3, 10))]
    assert share_on(region, halves) == pytest.approx(0.5)
    assert share_on(region, []) == 0


def test_finds_of_one_face_become_one_region_that_hides_them_all():
    eyes = [((x, 12.0),) * 5 for x in range(4)]
    whole = Region("a.png", Kind.FACE, 0.6, 10, 10, 30, 34, landmarks=eyes[0])
    part = Region("a.png", Kind.FACE, 0.9, 8, 10, 16, 18, landmarks=eyes[1])  # 3/4 of it inside
    neighbour = Region("a.png", Kind.FACE, 0.5, 26, 10, 46, 34, landmarks=eyes[2])  # a fifth
    faint = replace(neighbour, score=0.2, x1=90, y1=90, landmarks=eyes[3])
    expected = replace(whole, score=0.9, x0=8)
    for order in ([whole, part, neighbour], [neighbour, part, whole]):
        assert merged(order) == [expected, neighbour]
    # A large one that scores less than half as much is not the face, but stays hidden.
    assert merged([faint, neighbour]) == [replace(neighbour, x1=90, y1=90, landmarks=None)]
    assert merged([]) == []


def test_finds_of_two_tracks_are_two_faces():
    anna = Region("a.png", Kind.FACE, 1, 10, 10, 40, 50, track="anna")
    bert = replace(anna, x0=20, x1=50, track="bert")
    again = replace(anna, x0=12, track=None)
    assert merged([anna, bert]) == [anna, bert]
    assert merged([again, replace(anna, x0=14)]) == [replace(anna, x0=12)]
    assert merged([again, anna, bert]) == [anna, bert]


def test_a_plate_keeps_a_quad_that_holds_all_its_finds():
    quad = ((10, 10), (50, 10), (50, 20), (10, 20))
    plate = Region("a.png", Kind.LICENSE_PLATE, 0.9, 10, 10, 50, 20, quad=quad)
    inside = replace(plate, score=0.6, x0=20, x1=40, quad=None)
    beyond = replace(plate, score=0.6, x0=30, x1=70, quad=None)
    assert merged([inside, plate]) == [plate]
    assert merged([plate, beyond]) == [replace(plate, x1=70, quad=None)]


def test_regions_survive_the_file(tmp_path):
    regions = [
        Region("a/é.png", Kind.FACE, 0.5, 1, 2, 3.25, 4, landmarks=((1, 2),) * 5),
        Region("b.png", Kind.LICENSE_PLATE, 1, 0, 0, 9, 9, quad=((0, 0), (9, 0), (9, 9), (0, 9))),
    ]
    path = tmp_path / "seed~1" / "a=b" / "r.parquet"
    for expected in (with_ids(regions), []):
        write_regions(path, expected)
        assert read_regions(path) == expected
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(UserError, match=r"text\.parquet: not a table of PII regions"):
        read_regions(tmp_path / "text.parquet")


def test_ids_are_unique_and_depend_on_image_kind_and_box_alone(tmp_path):
    face = Region("a.png", Kind.FACE, 0.5, 1, 2, 3.3, 4)
    others = [replace(face, image="b.png"), replace(face, kind=Kind.LICENSE_PLATE)]
    others += [replace(face, x1=3.4), replace(face, score=0.6)]
    found = with_ids([face, *others])
    assert len({region.id for region in found}) == 5
    assert found[4].id == found[0].id + "-2"  # the same box a second time
    assert with_ids([replace(face, score=0.9, landmarks=((1, 2),) * 5)])[0].id == found[0].id
    assert with_ids([face], source="ab")[0].id != found[0].id
    write_regions(tmp_path / "r.parquet", found)
    assert with_ids(read_regions(tmp_path / "r.parquet")) == read_regions(tmp_path / "r.parquet")
    write_regions(tmp_path / "twice.parquet", [found[0], found[0]])
    with pytest.raises(UserError, match=rf"region {found[0].id} is listed twice"):
        read_regions(tmp_path / "twice.parquet")


def test_summary_and_figure(tmp_path):
    write_split(tmp_path)
    regions = [
        Region("0.png", Kind.FACE, 1, 0, 0, 9, 9),
        Region("0.png", Kind.FACE, 1, 9, 0, 19, 9),
        Region("0.png", Kind.LICENSE_PLATE, 1, 0, 20, 9, 29),
        Region("2.png", Kind.FACE, 1, 0, 0, 9, 9),
    ]
    write_regions(
        tmp_path / "a.parquet", with_ids(regions[:3]), NotCounted(Counter({Kind.FACE: 7}))
    )
    write_regions(
        tmp_path / "b.parquet",
        with_ids(regions[3:]),
        NotCounted(Counter({Kind.FACE: 5}), Counter({Kind.FACE: 2})),
    )
    arguments = {
        "--settings": "{}",
        "--images": tmp_path,
        "--annotations": tmp_path / "train.coco.json",
        "--output": tmp_path / "pii/summary.json",
        "--figures": tmp_path / "figures",
    }
    files = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    rest = [str(part) for pair in arguments.items() for part in pair]
    assert main(["summarize", "--regions", *files, *rest]) == 0
    summary = json.loads((tmp_path / "pii/summary.json").read_text())
    assert summary["schema"] == 1
    assert (summary["images"], summary["regions"]) == (3, 4)
    assert summary["total"]["histogram"] == {"0": 1, "1": 1, "2": 0, "3": 1}
    assert summary["total"]["mean"] == pytest.approx(4 / 3)
    assert summary["by_kind"]["face"] == {
        "regions": 3,
        "mean": 1,
        "frames_without": 1,
        "histogram": {"0": 1, "1": 1, "2": 1},
    }
    assert summary["by_kind"]["license_plate"]["histogram"] == {"0": 2, "1": 1}
    assert summary["looked_for"] == ["face", "license_plate"]
    assert summary["notes"] == [
        "faces count on labelled objects of the classes person, rider only (pii.only_on_labelled)",
        "license plates count on labelled objects of the classes car, truck, bus, train, "
        "motorcycle only (pii.only_on_labelled)",
        "faces left out, since outside labelled objects of the classes person, rider: 12 "
        "(pii.only_on_labelled: false keeps them)",
        "faces merged into an overlapping one of the same face: 2",
    ]
    svg = (tmp_path / "figures/figure_3.svg").read_text()
    assert "mean 1.33" in svg
    assert "not looked for" not in svg
    assert "License plates" in svg
    png = (tmp_path / "figures/figure_3.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert main(["summarize", "--regions", *files, *rest]) == 0
    assert (tmp_path / "figures/figure_3.svg").read_text() == svg
    summary = summarize(["0.png", "1.png", "2.png"], regions[:2], [Kind.FACE])
    draw(summary, tmp_path / "figures")
    svg = (tmp_path / "figures/figure_3.svg").read_text()
    assert "License plates" in svg
    assert "Faces and license plates" not in svg
    assert "not looked for" in svg


def test_summary_refuses_regions_of_other_images():
    with pytest.raises(UserError, match=r"x\.png, which is not in the split"):
        summarize(["a.png"], [Region("x.png", Kind.FACE, 1, 0, 0, 9, 9)])


def test_settings_have_a_schema_and_survive_json():
    schema = Pii.model_json_schema()
    assert {"CenterFace", "Annotations"} <= set(schema["$defs"])
    assert Pii.model_validate(json.loads(Pii().model_dump_json())) == Pii()


def test_the_config_is_read_without_the_heavy_libraries():
    code = (
        "import sys, workflow_scripts.pii.settings, workflow_scripts.anonymization.variants\n"
        "sys.exit(','.join({'matplotlib', 'onnxruntime', 'torch'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_explains_the_settings(capsys):
    assert main(["detect", "--help"]) == 0
    assert "only_on_labelled" in capsys.readouterr().out
