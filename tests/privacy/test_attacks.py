"""The attacks on a variant: what they are given, and what is told of them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from identity_attacks.cutouts import Cutout
from identity_attacks.evidence import Evidence, NotPossibleError
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.privacy.privacy_case import blacked_out, make_data, run
from workflow_scripts.contracts.attacks import Attacks
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, Region, read_regions, with_ids, write_regions
from workflow_scripts.privacy.attacking import UNTREATED, run_attacks
from workflow_scripts.privacy.attacks.informed_recognition import InformedRecognition
from workflow_scripts.privacy.attacks.linking import Linking
from workflow_scripts.privacy.attacks.plate_reading import PlateReading
from workflow_scripts.privacy.attacks.recognition import Recognition
from workflow_scripts.privacy.evidence import cut, drawn
from workflow_scripts.privacy.judging import answer, judged
from workflow_scripts.privacy.settings import Privacy


def face(name: str, x: float, width: float) -> Region:
    return with_ids([Region(name, Kind.FACE, 1, x, 5, x + width, 5 + width)])[0]


def test_the_draw_does_not_depend_on_other_regions():
    faces = [face(f"{at}.png", 1, 20 + at) for at in range(40)]
    chosen, numbers = drawn([*faces, face("small.png", 1, 19.9)], 10)
    assert vars(numbers[Kind.FACE]) == {
        "regions": 41,
        "attacked": 10,
        "small": 1,
        "not_drawn": 30,
        "dropped": 0,
    }
    assert drawn(reversed(faces), 10)[0] == chosen
    fewer, _ = drawn(faces[:20], 10)
    assert fewer >= chosen & {region.id for region in faces[:20]}


def test_a_cut_out_knows_its_place():
    image = np.random.default_rng(3).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    points = ((31.5, 22), (36, 22), (34, 26), (32, 30), (36, 30))
    region = replace(face("a.png", 30, 10), y0=20.0, y1=34.0, landmarks=points)
    found = cut(image, region)
    assert np.array_equal(found.pixels, image[6:48, 16:54])
    assert (found.place.x0, found.place.y0, found.place.x1, found.place.y1) == (14, 14, 24, 28)
    assert found.place.landmarks[0] == (15.5, 16)
    at_the_edge = cut(image, replace(region, x0=0.0, x1=12.0, landmarks=None))
    assert at_the_edge.pixels.shape[1] == 26
    assert at_the_edge.place.landmarks is None


@pytest.fixture
def attacked(tmp_path):
    """A data set of three faces and a plate, an attacker's pictures, and a black variant."""
    data = make_data(tmp_path)
    given = {
        "annotations": data / "train.coco.json",
        "images": data / "in",
        "regions": [data / "0.parquet", data / "1.parquet"],
    }
    assert run("pictures", {**given, "output": data / "pictures"}) == 0
    return data, {**given, "pictures": data / "pictures", "variant": "v"}


def test_an_attackers_pictures_are_a_data_set_of_other_pictures(attacked, tmp_path):
    data, given = attacked
    pictures = CocoSplit.read(data / "pictures/pictures.coco.json").images
    regions = read_regions(data / "pictures/regions.parquet")
    tables = [read_regions(data / table) for table in ("0.parquet", "1.parquet")]
    originals = {region.id for table in tables for region in table}
    assert {image.file_name.removesuffix(".png") for image in pictures} == originals
    assert [region.image for region in regions] == [image.file_name for image in pictures]
    assert not {region.id for region in regions} & originals
    again = {key: given[key] for key in ("annotations", "images", "regions")}
    assert run("pictures", {**again, "output": tmp_path / "again"}) == 0
    files = {file.name: file.read_bytes() for file in (data / "pictures").glob("*.png")}
    assert files == {file.name: file.read_bytes() for file in (tmp_path / "again").glob("*.png")}


def test_too_few_people_are_told(attacked, require_library):
    """Three faces are no evidence."""
    require_library("dlib")
    data, given = attacked
    settings = {"attacks": [{"attack": "recognition"}, {"attack": "trained_attacker"}]}
    for name, more in (("unmodified", {}), ("black", {"anonymized": blacked_out(data)})):
        output = data / f"{name}.json"
        code = run("attack", {**given, **more, "settings": json.dumps(settings), "output": output})
        assert code == 0
        recognition, learned = Attacks.read(output).runs
        assert recognition.success.rates["rank_1"].n == 3
        assert recognition.success.rates["rank_1"].chance == pytest.approx(1 / 3)
        assert "tar_at_far_0.01" in recognition.success.not_measured
        assert "people" in learned.reason
    black = Attacks.read(data / "black.json").runs[0].success
    assert black.rates["auc"].low < 0.5 < black.rates["auc"].high


def test_what_a_killed_job_left_of_pictures_is_removed(attacked, capsys):
    """It holds faces of the originals."""
    data, given = attacked
    left = data / ".pictures.0123abcd"
    left.mkdir()
    (left / "a.png").touch()
    again = {key: given[key] for key in ("annotations", "images", "regions")}
    assert run("pictures", {**again, "output": data / "pictures"}) == 0
    assert not left.exists()
    assert ".pictures.0123abcd: removed leftovers of a killed job" in capsys.readouterr().err


def test_pictures_of_others_are_refused(attacked, capsys):
    """They would be said to be left out, or be nobody's."""
    data, given = attacked
    write_regions(data / "few.parquet", read_regions(data / "0.parquet"))
    more = {"settings": json.dumps({"attacks": []}), "output": data / "success.json"}
    assert run("attack", {**given, **more, "regions": [data / "few.parquet"]}) == 2
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "--pictures: 2 of the 2 attacked regions have a picture, and 2 " in said
    write_regions(data / "pictures/regions.parquet", [])
    assert run("attack", {**given, **more}) == 2
    assert "make the pictures again" in capsys.readouterr().err


def test_a_table_that_is_named_twice_is_refused(attacked, capsys):
    data, given = attacked
    more = {"regions": [data / "0.parquet", data / "0.parquet"], "output": data / "success.json"}
    assert run("attack", {**given, **more, "settings": json.dumps({"attacks": []})}) == 2
    assert "2 regions are given twice" in capsys.readouterr().err


def test_a_region_outside_of_its_image_is_refused(attacked, capsys):
    data, given = attacked
    outside = with_ids([Region("a.png", Kind.FACE, 1, 400, 10, 440, 50)])
    write_regions(data / "outside.parquet", outside)
    pictures = {key: given[key] for key in ("annotations", "images")}
    more = {"regions": [data / "outside.parquet"], "output": data / "none"}
    assert run("pictures", {**pictures, **more}) == 2
    assert "of a.png is outside the image, which has 320 x 200" in capsys.readouterr().err
    assert not (data / "none").exists()


def test_verdicts_need_the_attacks_on_the_originals(tmp_path, capsys):
    files = []
    for name in ("unmodified", "v"):
        files.append(tmp_path / f"{name}.json")
        Attacks(version=1, variant=name, regions={}, runs=()).write(files[-1])
    given = {"settings": "{}", "audits": [], "output": tmp_path / "tables"}
    assert run("table", {**given, "attacks": files[::-1]}) == 2
    assert "the first file has to be of the originals" in capsys.readouterr().err
    assert run("table", {**given, "attacks": [*files, files[1]]}) == 2
    assert "v is listed twice" in capsys.readouterr().err


def test_one_person_is_nobody_among_others(attacked, require_library):
    require_library("dlib")
    data, given = attacked
    (face,) = (r for r in read_regions(data / "1.parquet") if r.kind is Kind.FACE)
    write_regions(data / "one.parquet", [face])
    given = {**given, "regions": [data / "one.parquet"]}
    pictures = {key: given[key] for key in ("annotations", "images", "regions")}
    assert run("pictures", {**pictures, "output": data / "one"}) == 0
    settings = json.dumps({"attacks": [{"attack": "recognition"}]})
    given = {**given, "pictures": data / "one", "settings": settings}
    for name in ("unmodified", "v"):
        output = {"variant": name, "output": data / f"{name}.json"}
        assert run("attack", {**given, **output}) == 0
    files = [Attacks.read(data / f"{name}.json") for name in ("unmodified", "v")]
    (said,) = answer("v", judged(files, 0.01), 0.01)
    assert said == (
        "v, faces: no attack gives evidence; recognition (dlib) did not run: "
        "nobody else to be mistaken for"
    )


class TestWhatDoesNotRun:
    """Attacks that cannot be tried, and why."""

    FACES = Evidence([Cutout("1", "1", "a.png", np.zeros((9, 9, 3), np.uint8), None)])
    NOTHING = Evidence([])

    def reason(self, attack, originals, variant) -> str:
        (found,) = run_attacks(
            [attack], lambda kind: originals, lambda kind: variant, {"method": "blackbox"}
        )
        assert found.success is None
        return found.reason

    def test_no_face_is_large_enough(self):
        assert (
            self.reason(Recognition(), self.NOTHING, self.FACES)
            == "no faces at least 20 px wide were detected"
        )
        said = self.reason(PlateReading(), self.NOTHING, self.NOTHING)
        assert said == "no license plates at least 40 px wide were detected"

    def test_pictures_that_nobody_could_treat(self):
        assert self.reason(InformedRecognition(), self.FACES, self.FACES) == UNTREATED


def test_new_faces_of_a_track_are_linked_on_purpose():
    with pytest.raises(
        NotPossibleError, match="images of a track show one new face and are linked"
    ):
        Linking().prepare(Evidence([]), {"method": "natural", "identity": "track"}, threads=1)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"attacks": [{"attack": "guessing"}]}, "attacks.0: 'attack' is 'guessing', but there are"),
        (
            {"attacks": [{"attack": "recognition", "recognizer": "arcface"}]},
            "attacks.0: weights: missing; name the ONNX file",
        ),
        (
            {"attacks": [{"attack": "linking"}, {"attack": "linking"}]},
            "attacks: linking (dlib) is listed twice; remove one",
        ),
        ({"limits": {"rank1": 1}}, "limits.rank1: no attack measures it; measured: any_character,"),
        ({"attacks": [], "limits": {"auc": 1}}, "no attack measures it; measured: nothing, since"),
        ({"limits": {"auc": 5}}, "limits.auc: Input should be less than or equal to 1"),
        ({"margin": 0}, "margin: Input should be greater than or equal to 0.001"),
        ({"regions": 3}, "regions: Input should be greater than or equal to 20"),
    ],
)
def test_a_bad_section_is_one_line(section, line):
    with pytest.raises(UserError) as error:
        validate(Privacy, section, "privacy")
    (said,) = str(error.value).splitlines()
    assert line in said


def test_sface_needs_no_setting_beyond_its_name():
    section = {"attacks": [{"attack": "recognition", "recognizer": "sface"}]}
    (attack,) = validate(Privacy, section, "privacy").attacks
    assert attack.weights.licence == "Apache-2.0"
    assert attack.weights.is_remote
    assert attack.title == "recognition (sface)"
