"""The blind comparison: how tiles are mixed, marked and scored."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from plain_commands.errors import UserError

from benchmarks.blind import (
    ALTERED,
    ORIGINAL,
    TICK,
    Tile,
    cut_out,
    make,
    newcombe,
    read_answers,
    score,
)
from benchmarks.photographs import Photograph, of_size
from workflow_scripts.anonymization.methods.blackbox import Blackbox
from workflow_scripts.contracts.regions import Kind, Region

COLOURS = np.arange(40, 240, 12)
"""Grey level of each drawn photograph, by which its tile is known."""


def drawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Photograph]:
    """Grey photographs of 360x360, each with a face of 90 px that a detector finds."""

    def found(pixels: np.ndarray, name: str, kind: Kind) -> tuple[Region, ...]:
        low, high = 0.4 * len(pixels), 0.65 * len(pixels)
        return (Region(name, kind, 1.0, low, low, high, high, id=name),)

    monkeypatch.setattr("benchmarks.photographs.found_in", found)
    for level in COLOURS:
        cv2.imwrite(str(folder / f"{level}.png"), np.full((360, 360, 3), level, np.uint8))
    return [Photograph(folder, f"{level}.png", Kind.FACE) for level in COLOURS]


def test_half_are_altered_and_no_photograph_is_in_both_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs = drawn(tmp_path, monkeypatch)
    blue = Blackbox(colour=(0, 0, 255), margin=0)
    key, pages = make(photographs, Kind.FACE, blue, seed=3, n=12)
    table = pd.DataFrame(key)
    assert list(table["number"]) == list(range(1, 37))
    assert table.groupby("size")["state"].value_counts().eq(6).all()
    assert table.groupby("photograph")["state"].nunique().max() == 1
    states = list(table["state"])
    assert states != sorted(states)
    assert set(pages) == {"10-20", "20-40", "40-80"}


def test_the_seed_decides_the_mixing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photographs = drawn(tmp_path, monkeypatch)[:6]
    first, again, other = (
        make(photographs, Kind.FACE, Blackbox(), seed=seed, n=4)[0] for seed in (3, 3, 4)
    )
    assert first == again != other


def test_the_marked_face_is_of_the_size_and_altered_only_where_the_key_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs = drawn(tmp_path, monkeypatch)
    blue = Blackbox(colour=(0, 0, 255), margin=0)
    key, pages = make(photographs, Kind.FACE, blue, seed=0, n=8)
    for size in pages:
        low, high = map(float, size.split("-"))
        tiles = [tile for tile in key if tile.size == size]
        for tile in tiles:
            x0, _, x1, _ = map(float, tile.box.split())
            assert low <= x1 - x0 < high
        blue_areas = sum(
            cv2.connectedComponents((page == (0, 0, 255)).all(axis=2).astype(np.uint8))[0] - 1
            for page in pages[size]
        )
        assert blue_areas == sum(tile.state == ALTERED for tile in tiles) == 4


def test_ticks_stand_outside_of_the_box() -> None:
    pixels = np.full((300, 300, 3), 120, np.uint8)
    region = Region("", Kind.FACE, 1.0, 100, 120, 130, 160)
    tile = cut_out(pixels, region, ticks=True)
    assert tile.shape == (160, 160, 3)
    rows, columns = np.nonzero((tile == TICK).all(axis=2))
    x0, y0 = 115 - 80, 140 - 80
    inside = (columns + x0 >= 100) & (columns + x0 < 130) & (rows + y0 >= 120) & (rows + y0 < 160)
    assert len(rows) > 20
    assert not inside.any()
    assert (pixels == 120).all()


def test_nothing_is_marked_for_a_viewer_who_looks_for_any_fault() -> None:
    pixels = np.arange(300 * 300 * 3, dtype=np.uint32).reshape(300, 300, 3).astype(np.uint8)
    region = Region("", Kind.FACE, 1.0, 100, 120, 130, 160)
    tile = cut_out(pixels, region, ticks=False)
    np.testing.assert_array_equal(tile, pixels[60:220, 35:195])


def test_a_region_of_the_size_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs = drawn(tmp_path, monkeypatch)
    rng = np.random.default_rng(0)
    assert {photo.factor for photo, _ in of_size(photographs[:5], 90, 120, 5, rng)} == {1.0}
    assert of_size(photographs[:5], 120, 150, 5, rng) == []


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090),
     ((5, 56, 0, 29), -0.0381, 0.1926), ((10, 10, 0, 10), 0.6075, 1.0)],
)  # fmt: skip
def test_intervals_of_differences_are_those_that_newcombe_printed(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Table II of the paper, method 10."""
    assert newcombe(*counts) == pytest.approx((low, high), abs=5e-5)


def tiles(altered: int, originals: int, size: str = "10-20") -> list[Tile]:
    states = [ALTERED] * altered + [ORIGINAL] * originals
    return [
        Tile(number, size, state, f"{number}.png", 1.0, "") for number, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("called", "verdict"), [((2, 30), "shown"), ((8, 5), "kept"), ((12, 3), "missed")]
)
def test_a_goal_is_kept_by_the_difference_and_shown_by_its_interval(
    called: tuple[int, int], verdict: str
) -> None:
    both = [(tile, number % 50 < called[number // 50]) for number, tile in enumerate(tiles(50, 50))]
    table = score([(tile, ALTERED if altered else ORIGINAL) for tile, altered in both])
    (row,) = table.to_dict("records")
    assert row["altered called altered"] == f"{called[0]} of 50"
    assert row["originals called altered"] == f"{called[1]} of 50"
    assert row["difference"] == pytest.approx(2 * (called[0] - called[1]))
    assert row["verdict"] == verdict


def test_answers_are_read_whatever_their_order(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text('number,answer,why\n1, Original,\n\n0,altered,"pale, no neck"\n')
    first, second = tiles(1, 1)
    assert read_answers(file, (first, second)) == [(second, ORIGINAL), (first, ALTERED)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,altered\n", "1 of 2 tiles have no answer, e.g. 1"),
        ("0,altered\n0,original\n", "line 2: tile 0 is answered twice"),
        ("0,altered\n1,maybe\n", "line 2: '1,maybe'"),
        ("7,altered\n", "line 1: '7,altered'"),
    ],
)
def test_a_wrong_answer_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(text)
    with pytest.raises(UserError, match=r"answers\.csv") as error:
        read_answers(file, tiles(1, 1))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
