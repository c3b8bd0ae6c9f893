"""Results that are not what they should be, and names that could act where they are shown."""

import csv
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from figures_and_tables.tables import in_markdown
from plain_commands.files import read_json, write_json
from run_equivalence.welch import SampleStatistics

from tests.analysis.tables.written_runs import evaluation, expectation, main, written
from tests.commands import report
from tests.written_results import write_results
from workflow_scripts.analysis.report.compare import Row, as_text
from workflow_scripts.analysis.statistics.judge import judge
from workflow_scripts.analysis.tables.formats import show
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.tables import ResultTable

VARIANTS, SEEDS = ("unmodified", "blur"), (1, 2)
Spoil = Callable[[dict], object]


def tables(folder: Path) -> int:
    return main(
        [
            *("make", "--runs-in", str(folder / "runs")),
            *("--expected", expectation(VARIANTS, SEEDS), "--output", str(folder / "tables")),
        ]
    )


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Four evaluated runs, each beside the record of its training."""
    for variant in VARIANTS:
        for seed in SEEDS:
            aps = [0.1 * seed, 0.2, 0.3]
            (path,) = written(tmp_path, evaluation(variant, seed, aps))
            write_json(path.with_name("run.json"), record(variant, seed))
    return tmp_path


def record(variant: str, seed: int) -> dict:
    return {
        "schema": 1,
        "variant": variant,
        "seed": seed,
        "fingerprint": f"{variant}-{seed}",
        "settings": {"engine": "torchvision"},
    }


EVALUATIONS: dict[str, tuple[Spoil, str]] = {
    "of another variant": (
        lambda content: content["run"].update(variant="unmodified", seed=7),
        "it is of unmodified, seed 7, but lies in the folder of blur, seed 2",
    ),
    "of another seed": (
        lambda content: content["run"].update(seed=3),
        "it is of blur, seed 3, but lies in the folder of blur, seed 2",
    ),
    "of an earlier training": (
        lambda content: content["run"].update(fingerprint="0123456789abcdef"),
        "it is of training 0123456789ab, but run.json of blur-2",
    ),
}


@pytest.mark.parametrize("case", EVALUATIONS)
def test_an_evaluation_of_something_else_is_one_line(runs, capsys, case):
    spoil, expected = EVALUATIONS[case]
    path = runs / "runs/blur/seed~2/eval.json"
    content = read_json(path)
    spoil(content)
    write_json(path, content)
    assert tables(runs) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert f"error: {path}: {expected}" in line
    assert line.endswith(f"; delete '{path}' and make it again with: snakemake '{path}' …")
    assert not (runs / "tables").exists()


def test_evaluations_in_their_places_are_accepted(runs):
    assert tables(runs) == 0
    paths = [run["path"] for run in read_json(runs / "tables/table_2.json")["runs"]]
    assert paths[0] == "runs/unmodified/seed~1/eval.json"


def test_an_ap_of_zero_is_not_divided_by():
    samples = {name: SampleStatistics(0.0, 0.0, 5) for name in ("car", "all")}
    better = {name: SampleStatistics(0.2, 0.01, 5) for name in ("car", "all")}
    of = judge({"plain": samples, "blur": better}, "plain", VerdictSettings(), {})[0]
    row = Row("zero", "plain", of, "60 unmodified", 1, "torchvision")
    line = next(line for line in as_text([row], "pipe").splitlines() if "zero" in line)
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[5:8] == ["0.000", "+20.00", "–"]


NASTY = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a|b",
    "[x](javascript:alert(1))",
    "@SUM(1)",
    "+1",
    "-2",
    "`code`",
    "$\\frac{1}{2}$",
    "[bold]rich[/]",
    "100 % & more_of_it",
)


class Tags(HTMLParser):
    """The tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with classes whose names could act."""
    classes = {name: (0.3 + number / 100, 0.004, 50) for number, name in enumerate(NASTY)}
    return write_results(tmp_path_factory.mktemp("nasty"), classes=classes, seeds=2)


def test_names_do_not_act_in_markdown(nasty):
    for name in ("table_2", "verdict", "exposed"):
        text = (nasty / f"tables/{name}.md").read_text(encoding="utf-8")
        assert not re.search(r"(?<!\\)<[A-Za-z/!]", text), name
        assert not re.search(r"(?<!\\)\]\(", text), name
        rows = [line for line in text.splitlines() if line.startswith("|")]
        of_head = len(re.findall(r"(?<!\\)\|", rows[0]))
        assert all(len(re.findall(r"(?<!\\)\|", row)) >= min(of_head, 3) for row in rows)
    table = (nasty / "tables/table_2.md").read_text(encoding="utf-8")
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines() if "±" in line}
    assert len(counts) <= 2  # one for each block of columns


def test_names_are_no_formulas_in_csv(nasty):
    for path in sorted((nasty / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    acts = cell.startswith(("=", "+", "-", "@"))
                    assert not acts or re.fullmatch(r"[+-][\d.e+-]+", cell), (path, cell)
        assert "'=cmd" in path.read_text(encoding="utf-8") or path.name == "privacy.csv"


@pytest.mark.slow
def test_names_do_not_act_on_the_page(nasty):
    assert report(["html", str(nasty)]) == 0
    page = (nasty / "report.html").read_text(encoding="utf-8")
    assert Tags(page).found.count("script") == 1
    assert "alert(1)" in page
    assert "javascript:alert(1)" not in "".join(re.findall(r'href="[^"]*"', page))


def test_names_do_not_act_on_a_terminal(nasty, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show(ResultTable.read(nasty / "tables/table_2.json"))
    assert "[bold]rich[/]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<img src=x>", r"\<img src=x>"),
        ("</td>", r"\</td>"),
        ("< 0.001", "< 0.001"),
        ("> 10000", "> 10000"),
        ("-0.14 to +0.34", "-0.14 to +0.34"),
        ("0.309 ± 0.002", "0.309 ± 0.002"),
        ("[x](y)", r"\[x\](y)"),
    ],
)
def test_markdown_escapes_what_acts_only(text, expected):
    assert in_markdown(text) == expected


@pytest.mark.slow
def test_the_report_names_no_folder_of_this_machine(tmp_path):
    results = write_results(
        tmp_path,
        failed=(("blackbox", 2),),
        error=f"{tmp_path}/weights/x.pth: no such file",
        images=str(tmp_path / "images"),
        seeds=2,
    )
    assert report(["html", str(results)]) == 0
    named = [
        path
        for path in (
            results / "report.html",
            *results.glob("tables/*.*"),
            results / "provenance.json",
        )
        if str(tmp_path) in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert named == []
    assert json.loads((results / "provenance.json").read_text())["config"]["dataset"]["train"][
        "images"
    ] == "images"  # fmt: skip
