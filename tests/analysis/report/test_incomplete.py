"""`report.html` of results in which a part is missing."""

import shutil
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from plain_commands.files import write_json

from tests.analysis.report.test_registered import registration_of
from tests.written_results import CLASSES, FIVE, write_results
from workflow_scripts.analysis.report.page import SECTIONS, render
from workflow_scripts.analysis.report.results import ExperimentResults, read_results
from workflow_scripts.analysis.tables import cross
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.registrations import FILE_NAME
from workflow_scripts.contracts.runs import read_expected, read_runs, runs_in
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.usage import Usage

ALWAYS = ("folder", "variants", "classes", "seeds", "runs")
OPTIONAL = tuple(one.name for one in fields(ExperimentResults) if one.name not in ALWAYS)
OF_A_RUN: Mapping[str, Mapping[str, Any]] = {
    "evaluations": {"scores": None, "reliability": ()},
    "training records": {"training": None},
    "learning curves": {"curve": ()},
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> ExperimentResults:
    """Results with every optional part."""
    treatments = {name: FIVE[name] for name in ("unmodified", "natural", "aa_control")}
    classes = {name: CLASSES[name] for name in ("person", "car")}
    folder = write_results(tmp_path_factory.mktemp("whole"), treatments, 2, classes)
    asked = {"tables": ("exposed", "cross"), "also": ("night",)}
    expected = read_expected(folder / "runs/expected.json").model_copy(update=asked)
    write_json(folder / "runs/expected.json", expected.model_dump(mode="json"))
    runs = read_runs(runs_in(folder / "runs", expected))
    table = cross.cross_table({"unmodified": runs, "natural": runs}, expected)
    write_json(folder / "tables/cross.json", cross.as_tables(table, expected, Task.MASKS).as_json())
    for name in ("table_2.json", "verdict.json"):
        (folder / "tables/also/night").mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "tables" / name, folder / "tables/also/night" / name)
    CocoSplit(("car",), (), (), ("an object without pixels",)).write(folder / "data/val.coco.json")
    used = Usage(job="train/natural/seed~1", attempt="a", start=0.0, host="n1", gpus=4)
    write_json(folder / "usage/a.json", used.model_dump(exclude_none=True) | {"seconds": 5400.0})
    registration_of(folder).write(folder / FILE_NAME)
    results = read_results(folder)
    config = results.provenance.config | {"dataset": {"kind": "synthetic"}}
    config["training"] = config["training"] | {"initialisation_seeds": 1}
    config["variants"]["natural"]["twins"] = 2
    results = replace(
        results,
        pii=replace(results.pii, notes=("no license plates were looked for",)),
        provenance=results.provenance.model_copy(update={"config": config}),
    )
    assert all(getattr(results, name) for name in OPTIONAL)
    return results


def without(results: ExperimentResults, *names: str) -> ExperimentResults:
    """Results without these parts."""
    empty = {name: () if isinstance(getattr(results, name), tuple) else None for name in names}
    return replace(results, **empty)


def test_with_everything_each_section_is_there(whole):
    page = render(whole, show_originals=False)
    assert [one.name for one in SECTIONS if f'<section id="{one.name}"' not in page] == []


@pytest.mark.parametrize("name", OPTIONAL)
def test_without_one_part(whole, name):
    assert '<section id="answer"' in render(without(whole, name), show_originals=False)


@pytest.mark.parametrize("name", OPTIONAL)
def test_with_a_single_part(whole, name):
    others = [other for other in OPTIONAL if other != name]
    assert '<section id="answer"' in render(without(whole, *others), show_originals=False)


@pytest.mark.parametrize("name", OF_A_RUN)
def test_without_a_part_of_one_run(whole, name):
    first, *others = whole.runs
    runs = (replace(first, **OF_A_RUN[name]), *others)
    assert '<section id="answer"' in render(replace(whole, runs=runs), show_originals=False)


@pytest.mark.parametrize("name", OF_A_RUN)
def test_without_a_part_of_all_runs(whole, name):
    untold = without(whole, "table", "verdict", "supplement", "exposed", "further", "cross")
    runs = tuple(replace(run, **OF_A_RUN[name]) for run in whole.runs)
    assert '<section id="answer"' in render(replace(untold, runs=runs), show_originals=False)


def test_with_the_reference_alone(whole):
    alone = whole.verdict.model_copy(update={"variants": ()})
    results = replace(without(whole, "supplement", "privacy", "further"), verdict=alone)
    assert '<section id="verdict"' in render(results, show_originals=False)


def test_without_a_verdict_the_other_caveats_stay(whole):
    page = render(without(whole, "verdict"), show_originals=False)
    assert "No verdict yet" in page
    assert "These are drawn street scenes" in page
    assert "No license plates were looked for." in page
