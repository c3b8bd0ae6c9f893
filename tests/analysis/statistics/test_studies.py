"""docs/studies.md: every row is what the command says of the CSV beside it."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.commands import statistics as main
from tests.workflow import PROJECT

PAGE = PROJECT / "docs/studies.md"
STUDIES = sorted((PROJECT / "docs/studies").glob("*.csv"))
SHORT = {"different but within the margin": "different, within"}


def printed(study: Path) -> list[dict[str, str]]:
    """Rows of a study's CSV."""
    with study.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rows_of(study: Path, folder: Path) -> list[str]:
    """Rows of the page's table, from the verdict on the study."""
    assert main(["verdict", "--summary", str(study), "--output", str(folder)]) == 0
    verdict = json.loads((folder / "verdict.json").read_text())
    rows = []
    for of in verdict["variants"]:
        for row in of["rows"]:
            if row["difference"] is None:
                continue
            cells = [row["name"], of["variant"], f"{100 * row['difference']:+.2f}"]
            if row["low"] is None:
                (why,) = row["notes"]
                cells += ["–", why, why]
            else:
                cells.append(f"{100 * row['low']:+.2f} to {100 * row['high']:+.2f}")
                cells += [_outcome(at) for at in row["margins"]]
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def _outcome(at) -> str:
    changes = at["verdict_holm"] not in (None, at["verdict"])
    return SHORT.get(at["verdict"], at["verdict"]) + (" †" if changes else "")


def test_there_are_studies():
    assert {study.stem for study in STUDIES} >= {"yang_2022", "kupyn_2024"}


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_the_page_says_what_the_command_says(study, tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index(f"[{study.name}]") :].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    assert rows == rows_of(study, tmp_path)


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.stem)
def test_means_are_as_printed(study):
    for row in printed(study):
        mean = row["printed"].partition(" ")[0]
        assert row["mean"] == ("" if mean == "-" else f"{mean} %")


def test_the_deviations_of_imagenet_undo_the_script_of_its_authors():
    """It prints the root of a sum of squares over 3, the deviation has it over 2."""
    for row in printed(PROJECT / "docs/studies/yang_2022.csv"):
        _, _, error = row["printed"].partition(" +- ")
        deviation = row["std"].removesuffix(" %")
        if row["class"] == "all":
            assert (error, deviation) == ("", "")
        else:
            assert float(deviation) == pytest.approx(float(error) * 1.5**0.5, abs=0.0006)


def test_the_counts_of_the_page_are_those_of_the_table(tmp_path):
    rows = rows_of(PROJECT / "docs/studies/yang_2022.csv", tmp_path)
    outcomes: dict[str, list[str]] = {}
    for row in rows:
        name, variant, _, _, within_1, within_2 = row.strip("| ").split(" | ")
        if name != "all":
            outcomes.setdefault(variant, []).append(within_1.removesuffix(" †"))
            assert re.match("equivalent|different, within", within_2)
    counts = {
        variant: [of.count(one) for one in ("equivalent", "different, within", "different")]
        for variant, of in outcomes.items()
    }
    assert counts == {"blurred": [2, 9, 3], "overlaid": [1, 2, 11]}
    assert all(len(of) - sum(counts[variant]) == 1 for variant, of in outcomes.items())
