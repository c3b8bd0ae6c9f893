"""Faces of photographs, and a variant whose new faces are mixed from them."""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from face_pictures import drawn_portrait, face, portrait
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file
from plain_commands.section import validate

from workflow_scripts.__main__ import PROGRAM
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.contracts.weights import with_local_weights
from workflow_scripts.imaging.pictures import picture_of

PEOPLE = 80


def donors(*arguments: object) -> int:
    return PROGRAM.run(["anonymization", "donors", *map(str, arguments)])


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    """Drawn portraits, one person's in a folder."""
    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(PEOPLE):
        image, _ = drawn_portrait(seed)
        names = [f"{seed}.png"] if seed else ["one person/a.png", "one person/b.png"]
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            cv2.imwrite(str(folder / name), image[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def file(photographs) -> Path:
    path = photographs.parent / "donors.npz"
    assert donors(photographs, "--output", path) == 0
    return path


def natural(file: Path, **changes: str) -> Natural:
    named = {"source": str(file), "sha256": sha256_of_file(file), "licence": "ours"} | changes
    return validate(Natural, {"method": "natural", "donors": named}, "variants.natural")


def test_a_folder_of_portraits_becomes_a_file(photographs, capsys, tmp_path):
    path = tmp_path / "my, donors: 1.npz"
    assert donors(photographs, "--output", path) == 0
    said = capsys.readouterr()
    faces, people = map(int, re.search(r"(\d+) faces of (\d+) people", said.err).groups())
    assert people <= PEOPLE
    assert faces - people in {0, 1}  # the two photographs of one person
    by_part = dict(re.findall(r"(eyes|mouths|noses) of (\d+)", said.err))
    left_out = re.findall(r"(\d+) used in part, without: .*(eyes|mouths|noses)", said.err)
    not_used = sum(map(int, re.findall(r"(\d+) left out: ", said.err)))
    assert faces + not_used == len(list(photographs.rglob("*.png")))
    for part, count in by_part.items():
        without = sum(int(number) for number, name in left_out if name == part)
        assert 30 <= int(count) <= people
        assert int(count) in {faces - without, faces - without - 1}
    (line,) = re.findall("donors: .*", said.out)
    written = {"source": str(path), "sha256": sha256_of_file(path), "licence": "…"}
    assert yaml.safe_load(line) == {"donors": written}


def test_the_log_states_who_is_taken_for_another_person(photographs, capsys, tmp_path):
    folder = tmp_path / "photographs"
    for name in ("1.png", "2.png", "anna/a.png", "anna/2020/a.png", "team/ben/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photographs / "1.png", folder / name)
    assert donors(folder, "--output", tmp_path / "donors.npz") == 2
    said = capsys.readouterr().err
    assert "photographs outside of a subfolder, each of another person: 2\n" in said
    assert "inside of a person's folder, each of another person: 1, e.g. anna/2020\n" in said


def test_photographs_that_cannot_be_used_are_named_and_counted(photographs, capsys, tmp_path):
    folder = tmp_path / "photographs"
    shutil.copytree(photographs, folder)
    (folder / "damaged.png").write_bytes((photographs / "3.png").read_bytes()[:2000])
    (folder / "empty.jpg").touch()
    (folder / "two\nlines.jpg").touch()
    cv2.imwrite(str(folder / "no face.png"), np.full((90, 90, 3), 120, np.uint8))
    paths = []
    for path in (photographs, folder):
        paths.append(path.with_suffix(".npz"))
        assert donors(path, "--output", paths[-1]) == 0
    said = capsys.readouterr().err
    for name in ("damaged.png", "empty.jpg", "two?lines.jpg"):
        (line,) = [one for one in said.splitlines() if name in one]
        assert f"left out: {folder / name}: " in line
    assert "3 left out: unreadable" in said
    assert "1 left out: without a face" in said
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_faces_that_are_not_used_have_the_reasons_of_the_method(photographs, capsys, tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    image, _ = drawn_portrait(3)
    turned = cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE)
    cv2.imwrite(str(folder / "blue.png"), image)  # red and blue exchanged
    cv2.imwrite(str(folder / "turned.png"), turned[..., ::-1])
    assert donors(folder, "--output", tmp_path / "donors.npz") == 2
    reasons = re.findall(r"left out: (.*)", capsys.readouterr().err)
    assert set(reasons) <= {"no skin", "turned away", "without a face"}
    assert "no skin" in reasons


def test_an_output_is_checked_before_photographs_are_read(photographs, capsys):
    assert donors(photographs, "--output", "/proc/none/donors.npz") == 2
    said = capsys.readouterr().err
    assert "/proc/none/donors.npz: cannot be written" in said
    assert "reading faces" not in said


def test_an_output_overwrites_no_photograph(photographs, capsys):
    for name in ("3.png", "one person/../one person/a.png"):
        before = (photographs / name).read_bytes()
        assert donors(photographs, "--output", photographs / name) == 2
        assert "is an input and would be overwritten" in capsys.readouterr().err
        assert (photographs / name).read_bytes() == before


def test_too_few_people_are_one_line(photographs, capsys, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for number in range(1, 5):
        (few / f"{number}.png").write_bytes((photographs / f"{number}.png").read_bytes())
    for folder, said in (
        (few, "usable eyes of"),
        (tmp_path / "nowhere", "no such folder; name a folder of photographs"),
    ):
        assert donors(folder, "--output", tmp_path / "donors.npz") == 2
        (line,) = [one for one in capsys.readouterr().err.splitlines() if "error: " in one]
        assert said in line
        assert not (tmp_path / "donors.npz").exists()


def test_new_faces_are_mixed_from_the_file(file, tmp_path):
    region = face(40, 30, 40)
    place = Region("a", Kind.FACE, 1, region.x0, region.y0, region.x1, region.y1, region.landmarks)
    picture = picture_of(portrait(region), with_ids([place]))
    results = []
    for method in (natural(file), natural(file), Natural()):
        with method.prepared([picture], tmp_path, 1) as ready:
            pixels, (change,) = ready.anonymize(picture, np.random.default_rng(1))
        assert change.method == "natural"
        results.append(pixels)
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != results[2]).any()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "donors.npz"),
        ("other", "sha256"),
        (
            "text",
            "donors: {sha256}: it holds no donors of faces, or those of another version; see docs/",
        ),
    ],
)
def test_a_wrong_file_stops_the_check(file, tmp_path, content, said):
    other = tmp_path / "donors.npz"
    if content is not None:
        other.write_text(content)
    method = natural(other if content == "text" else file)
    local = method.donors.model_copy(update={"source": str(other)})
    said = said.format(sha256=local.sha256)
    with pytest.raises(UserError, match=re.escape(said)):
        method.model_copy(update={"donors": local}).check(CocoSplit((), (), ()))


def test_the_licence_of_the_printed_line_has_to_be_filled_in(file):
    for licence in ("…", " ", "..."):
        with pytest.raises(UserError, match=r"donors\.licence: names no terms of use"):
            natural(file, licence=licence)


def test_results_do_not_depend_on_where_the_file_was(file):
    methods = natural(file), natural(file, licence="theirs")
    first, second = (with_local_weights(method, "weights") for method in methods)
    assert first == second
    assert first.donors.source == f"weights/{sha256_of_file(file)}"
