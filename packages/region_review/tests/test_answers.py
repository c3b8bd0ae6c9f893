"""Answers in a CSV file: what is taken, and one line for what is wrong."""

import pytest
from plain_commands.errors import UserError
from region_review.answers import COLUMNS, MissedRegion, read_answers
from small_sample import drawn

SAMPLE = drawn()
TILES = {(tile.image, tile.box[0]): tile.id for tile in SAMPLE.tiles}
LEFT, EMPTY = TILES["a/1.png", 0], TILES["b.png", 50]
"""A tile with the face f1 (x from 0 to 50), and one with nothing of its own (x from 50 to 100)."""
SEEN = [f"{SAMPLE.id},{tile.id},seen,,,,,," for tile in SAMPLE.tiles]
HEAD = ",".join(COLUMNS)


def row(tile: str, *cells: object) -> str:
    return ",".join(map(str, (SAMPLE.id, tile, *cells)))


WRONG = row(LEFT, "wrong", "face", "f1", "", "", "", "")
MISSED = row(EMPTY, "missed", "license_plate", "", 60, 20.5, 80, 30)


@pytest.fixture
def read(tmp_path):
    def read_rows(*rows: str, head: str = HEAD):
        path = tmp_path / "answers.csv"
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return read_answers(path, SAMPLE)

    return read_rows


def said_of(read, *rows: str, **more) -> list[str]:
    with pytest.raises(UserError) as error:
        read(*rows, **more)
    return [line.partition("answers.csv: ")[2] for line in str(error.value).splitlines()]


def test_all_seen_and_nothing_wrong(read):
    answers = read(*SEEN)
    assert (answers.wrong, answers.missed) == (frozenset(), ())


def test_marks_are_taken_in_any_order(read):
    answers = read(MISSED, *SEEN, WRONG, "")
    assert answers.wrong == {"f1"}
    expected = MissedRegion(EMPTY, "b.png", "license_plate", (60, 20.5, 80, 30))
    assert answers.missed == (expected,)


def test_a_box_may_reach_out_of_its_tile_but_not_its_centre(read):
    inside = row(EMPTY, "missed", "face", "", 45, 10, 59, 20)
    assert len(read(*SEEN, inside).missed) == 1
    outside = row(EMPTY, "missed", "face", "", 44, 10, 54, 20)
    (line,) = said_of(read, *SEEN, outside)
    assert line == (
        f"line 6: the box (44, 10, 54, 20) lies outside of tile {EMPTY} (50, 0, 100, 60); its "
        "centre has to lie in the tile"
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("t9", "seen", *[""] * 6)], "line 6: there is no tile 't9' on this page; there are t"),
        ([row(LEFT, "wrong", "face", "f2", *[""] * 4)], f"line 6: tile {LEFT} has no region 'f2'"),
        ([row(LEFT, "wrong", "face", "", *[""] * 4)], f"line 6: tile {LEFT} has no region ''"),
        ([row(LEFT, "wrong", "license_plate", "f1", *[""] * 4)], "but region f1 is a face"),
        ([WRONG, WRONG], "line 7: it repeats line 6; remove one of them"),
        ([MISSED, MISSED], "line 7: it repeats line 6; remove one of them"),
        ([SEEN[0]], "line 6: it repeats line 2; remove one of them"),
        ([row(LEFT, "sen", *[""] * 6)], "mark is 'sen', expected seen, wrong or missed"),
        ([row(LEFT, "missed", "dog", "", 1, 1, 9, 9)], "kind is 'dog', expected face or license_"),
        ([row(LEFT, "missed", "face", "", 1, 1, "x", 9)], "the box (1,1,x,9) is not of four num"),
        ([row(LEFT, "missed", "face", "", 1, 1, "nan", 9)], "the box (1, 1, nan, 9) has no area"),
        ([row(LEFT, "missed", "face", "", 9, 1, 1, 9)], "the box (9, 1, 1, 9) has no area"),
        ([row(LEFT, "missed", "face", "", 1, 1, 9, 99)], f"lies outside of tile {LEFT} (0, 0, 50"),
        ([row(LEFT, "missed", "face", "", -9, 1, 20, 9)], f"lies outside of tile {LEFT} (0, 0, 5"),
        (["1,2,3"], "line 6: 9 columns are expected, found 3; export the page again"),
        (["s123,t1,seen,,,,,,"], "1 lines are of the page 's123', and this sample is "),
    ],
)
def test_what_does_not_fit_is_one_line(read, rows, message):
    (line,) = said_of(read, *SEEN, *rows)
    assert message in line


def test_half_a_review_is_refused(read):
    (line,) = said_of(read, *SEEN[:2], SEEN[3])
    assert line.startswith("1 of 4 tiles are not reviewed, t3 is the first; finish the page")


def test_several_findings_are_a_line_each(read):
    lines = said_of(read, *SEEN[1:], row("t9", "seen", *[""] * 6), WRONG, WRONG)
    assert len(lines) == 3


@pytest.mark.parametrize("head", ["", "a,b", HEAD.replace(",", ";"), HEAD.upper()])
def test_another_file_is_refused(read, head):
    (line,) = said_of(read, *SEEN, head=head)
    assert line.startswith(f"the first line has to be {HEAD!r}")


def test_a_broken_file_is_one_line(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="line 1: not UTF-8"):
        read_answers(path, SAMPLE)
    path.write_text(f'{HEAD}\n{SAMPLE.id},"t1\n')
    with pytest.raises(UserError, match="line 2: 9 columns are expected"):
        read_answers(path, SAMPLE)
