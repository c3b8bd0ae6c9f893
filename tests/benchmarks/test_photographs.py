"""Who is who on photographs, the likeness of new faces, and the text files of plates."""

from pathlib import Path

import numpy as np
import pytest
from identity_attacks.recognizers import Dlib
from plain_commands.errors import UserError

from benchmarks.natural_faces import alike
from benchmarks.natural_plates import plates_in
from benchmarks.photographs import Face, Photograph, photographs_in, with_people
from workflow_scripts.contracts.regions import Kind, Region


class Distance:
    """Similarity as dlib's, without its network."""

    similarity = staticmethod(Dlib.similarity)


def face(name: str, image: str, *vector: float) -> Face:
    region = Region(image, Kind.FACE, 1.0, 0, 0, 50, 50, id=name)
    return Face(Photograph(Path(), image, Kind.FACE), region, np.array(vector), name)


def test_near_faces_of_two_photographs_are_one_person() -> None:
    faces = [
        face("a", "1.png", 0.0),
        face("b", "2.png", 0.4),
        face("c", "3.png", 0.8),  # near b only
        face("d", "3.png", 0.81),  # the same, but beside c in one photograph
        face("e", "4.png", 3.0),
        face("f", "4.png", 3.1),  # near e, in the same photograph
    ]
    people = [one.person for one in with_people(faces, Distance())]  # type: ignore[arg-type]
    assert people == ["a", "a", "a", "a", "e", "f"]


def test_likeness_is_the_share_of_pairs_with_an_interval_over_people() -> None:
    vectors = np.zeros((40, 2), np.float32)
    vectors[:, 0] = 10 * np.arange(40)
    apart = alike(vectors)
    assert (apart.value, apart.n) == (0, 780)
    assert apart.high == pytest.approx(1 - 0.025 ** (1 / 20), abs=1e-6)  # 20 separate pairs
    vectors[:20, 0] = 0
    half = alike(vectors)
    assert half.value == pytest.approx(190 / 780)
    assert 0.05 < half.low < half.value < half.high < 0.5
    assert alike(np.zeros((40, 2), np.float32)).value == 1


def test_the_interval_of_likeness_holds_its_level() -> None:
    rng = np.random.default_rng(0)
    # On a line of length 3, a pair is below 0.6 with probability 1 - (1 - 0.2)**2.
    rates = [alike(rng.uniform(0, 3, (30, 1)).astype(np.float32)) for _ in range(200)]
    assert np.mean([rate.low <= 0.36 <= rate.high for rate in rates]) >= 0.93


def test_a_folder_without_photographs_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no JPEG, PNG"):
        list(photographs_in(tmp_path, Kind.FACE))
    with pytest.raises(UserError, match="no such folder"):
        list(photographs_in(tmp_path / "none", Kind.FACE))


def test_plates_are_read_by_setting_from_text_files(tmp_path: Path) -> None:
    for setting in ("br", "eu"):
        (tmp_path / setting).mkdir()
        for number in range(3):
            line = f"{number}.jpg\t10\t20\t100\t30\tAB {number}\n"
            (tmp_path / setting / f"{number}.txt").write_text(line)
    plates = plates_in(tmp_path, most=2)
    assert {setting: len(some) for setting, some in plates.items()} == {"br": 2, "eu": 2}
    first = plates["eu"][0]
    assert first.box == (10, 20, 110, 50)
    assert first.text == f"AB {first.photograph.stem}"
    assert first.photograph.parent == tmp_path / "eu"
    assert plates == plates_in(tmp_path, most=2)


@pytest.mark.parametrize("line", ["", "a.jpg\t1\t2\t3\tX", "a.jpg\t1\t2\tx\t4\tABC"])
def test_a_text_file_of_another_kind_is_one_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(line)
    with pytest.raises(UserError, match=r"a\.txt: .*separated by tabs"):
        plates_in(tmp_path, most=2)
    (tmp_path / "a.txt").unlink()
    with pytest.raises(UserError, match="no text file"):
        plates_in(tmp_path, most=2)
