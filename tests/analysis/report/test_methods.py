"""The methods text: one page, with the numbers of the experiment and the works that it cites."""

import re
import shutil
from dataclasses import replace

import pytest
from plain_commands.files import read_json, write_json

from tests.analysis.report.test_registered import registration_of
from tests.commands import report as main
from tests.workflow import PROJECT
from tests.written_results import write_results
from workflow_scripts.analysis.report.bibliography import WORKS, Bibliography
from workflow_scripts.analysis.report.statistical_methods import statistics_of
from workflow_scripts.contracts.registrations import FILE_NAME, Registration
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.verdicts import ExperimentVerdict, ImageSamples


def text_of(results, capsys) -> str:
    """What the command prints."""
    assert main(["methods", str(results)]) == 0
    return capsys.readouterr().out


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_numbers_are_those_of_the_experiment(finished, capsys):
    text = in_one_line(text_of(finished, capsys))
    origin = read_json(finished / "provenance.json")
    summary = read_json(finished / "pii/summary.json")
    faces, plates = (summary["by_kind"][kind]["regions"] for kind in ("face", "license_plate"))
    verdict = ExperimentVerdict.read(finished / "tables/verdict.json")
    detectable = max(of.over_all.detectable for of in verdict.treatments)
    for said in (
        "Images: 2975 (training), 500 (validation). 8 classes: person, rider, car,",
        f"Regions in 2975 training images: {faces} faces and {plates} license plates, ",
        "*unmodified*: method unmodified, the reference.",
        "A/A control, seeds raised by 1000.",
        "Seeds 1, 2, 3, 4, 5 for every variant; 25 of 25 runs are evaluated.",
        "iterations 48000; learning_rate 0.005; model mask_rcnn_r50_fpn",
        "on the same 500 unmodified validation images (shorter side 1024",
        "two one-sided tests [5, 6] at level 0.05, within margins of 1 point and 2 points of AP",
        f"these runs detect a difference of {100 * detectable:.3g} points in mean AP",
        "Controls: A/A control (aa_control), positive control (masked).",
        "The plan was not registered before the first run.",
        f"Locked libraries: SHA-256 {origin['lock_sha256']}.",
    ):
        assert said in text


def test_it_is_one_page_and_written_where_it_is_asked_for(finished, tmp_path, capsys):
    printed = text_of(finished, capsys)
    assert main(["methods", str(finished), "--output", str(tmp_path / "methods.md")]) == 0
    assert (tmp_path / "methods.md").read_text(encoding="utf-8") == printed
    assert len(printed.split()) < 700
    assert max(map(len, printed.splitlines())) <= 100


def test_what_is_cited_is_listed_and_nothing_else(finished, capsys):
    text, _, works = text_of(finished, capsys).partition("**References**")
    cited = {int(n) for group in re.findall(r"\[([\d, ]+)\]", text) for n in group.split(",")}
    listed = [int(n) for n in re.findall(r"^\[(\d+)\] ", works, re.M)]
    assert listed == sorted(cited) == list(range(1, len(listed) + 1))
    order = [int(n) for group in re.findall(r"\[([\d, ]+)\]", text) for n in group.split(",")]
    assert list(dict.fromkeys(order)) == listed  # numbered as they are read
    assert "Detectron2" not in works  # trained with torchvision


def test_every_known_work_is_cited_somewhere():
    modules = (PROJECT / "workflow_scripts/analysis/report").glob("*methods.py")
    source = "".join(module.read_text(encoding="utf-8") for module in modules)
    assert [key for key in WORKS if not re.search(f"[\"']{key}[\"']", source)] == []


def test_what_nobody_recorded_is_said(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "bare")
    for name in ("tables", "figures", "pii", "data"):
        shutil.rmtree(results / name)
    (results / "provenance.json").unlink()
    for path in results.glob("runs/*/*/run.json"):
        record = read_json(path)
        keep = ("schema", "variant", "seed", "fingerprint", "settings")
        write_json(path, {key: record[key] for key in keep})
    text = in_one_line(text_of(results, capsys))
    assert "The data set. Images: not recorded. 8 classes" in text
    assert "trained with an engine not recorded." in text
    assert "*natural*: method not recorded." in text
    assert "Iterations of a run: not recorded." in text
    assert "Versions: not recorded." in text
    assert "Statistics" not in text


def test_missing_runs_are_counted(tmp_path, capsys):
    results = write_results(tmp_path, seeds=2, failed=(("natural", 2),))
    shutil.copytree(results / "tables", results / "tables/partial")
    assert main(["methods", str(results), "--tables", str(results / "tables/partial")]) == 0
    text = in_one_line(capsys.readouterr().out)
    assert "9 of 10 runs are evaluated." in text
    assert "Missing runs: natural seed 2." in text


def test_what_single_runs_cannot_test_is_said(tmp_path, capsys):
    text = in_one_line(text_of(write_results(tmp_path, seeds=1), capsys))
    assert "Seed 1 for every variant; 5 of 5 runs are evaluated." in text
    assert (
        "The mean AP of natural could not be tested: a single run: variation cannot be estimated."
    ) in text


def test_seeds_that_single_variants_have_besides_are_named(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "results")
    expected = read_json(results / "runs/expected.json")
    write_json(results / "runs/expected.json", expected | {"more_seeds": {"natural": [6, 7]}})
    said = "Seeds 1, 2, 3, 4, 5 for every variant; natural also 6, 7; 25 of 27 runs are evaluated."
    assert said in in_one_line(text_of(results, capsys))


def test_folders_and_secrets_stay_out(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "results")
    origin = read_json(results / "provenance.json")
    origin["config"]["variants"]["natural"]["command"] = "/home/me/tools/run.sh --key hidden|x"
    origin["config"]["training"]["initialisation"] = "/home/me/weights.pth"
    write_json(results / "provenance.json", origin)
    text = text_of(results, capsys)
    assert "/home/me" not in text
    assert "initialisation weights.pth" in in_one_line(text)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "The question was equivalence: two one-sided tests"),
        ({}, "by Holm's method [5] over the classes of each variant."),
        ({}, "Runs of different variants were treated as independent."),
        ({"question": "non-inferiority"}, "a one-sided test [3, 4] at level 0.05 against a loss"),
        (
            {"question": "non-inferiority"},
            "A difference was tested with Welch's two-sided test at level 0.05.",
        ),
        ({"family": "experiment"}, "over the classes of all treatments, and over the means of all"),
        ({"looks": (5, 10)}, "looked at with 5, 10 runs per variant; the level of 0.05 was split"),
        ({"looks": (5, 10)}, "at level 0.025, within"),
        ({"margins": (0.03,)}, "within margins of 3 points of AP"),
    ],
)
def test_the_statistics_are_those_of_the_settings(finished, settings, said):
    verdict = ExperimentVerdict.read(finished / "tables/verdict.json")
    changed = verdict.model_copy(update={"settings": VerdictSettings(**settings)})
    assert said in " ".join(statistics_of(changed, None, Bibliography()))


@pytest.mark.parametrize(("paired", "how"), [(True, ""), ("auto", ", from 10 pairs on")])
def test_pairs_are_those_of_the_verdict(finished, paired, how):
    verdict = ExperimentVerdict.read(finished / "tables/verdict.json")
    variants = [
        of.model_copy(update={"rows": (*of.classes, replace(of.over_all, pairs=5))})
        if of.variant == "natural"
        else of
        for of in verdict.variants
    ]
    settings = VerdictSettings(paired=paired)
    changed = verdict.model_copy(update={"variants": tuple(variants), "settings": settings})
    said = (
        "Runs with the same seed were compared as pairs, with paired t tests in place of "
        f"Welch's{how}: natural (5 pairs)."
    )
    assert said in " ".join(statistics_of(changed, None, Bibliography()))


def test_what_stands_beside_the_verdict_is_named(finished, capsys):
    text = in_one_line(text_of(finished, capsys))
    assert (finished / "tables/supplement.json").exists()
    assert "In addition, without effect on the verdict: sizes of the effect (Hedges' g [" in text
    assert "exact tests over all permutations of the runs [" in text
    assert "half-Cauchy prior of the spread of the effects [" in text
    assert "the same tests of box AP and of the scores' calibration error at IoU 0.5 [" in text


def test_a_registration_is_quoted_with_its_hash(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "registered")
    registration_of(results).write(results / FILE_NAME)
    text = in_one_line(text_of(results, capsys))
    digest = Registration.read(results / FILE_NAME).sha256
    assert "The plan was registered before the first run started: on 2026-01-01" in text
    assert f"08:00:00 UTC (SHA-256 {digest}). Nothing was changed afterwards." in text


def test_boxes_are_named(finished, tmp_path, capsys):
    results = shutil.copytree(finished, tmp_path / "boxes")
    for name in ("table_2", "verdict"):
        path = results / f"tables/{name}.json"
        write_json(path, read_json(path) | {"task": "boxes"})
    text = in_one_line(text_of(results, capsys))
    assert "the average precision of boxes (box AP) by the COCO protocol" in text
    assert "for mean box AP, the runs of a variant" in text
    assert "points in mean box AP" in text


def test_resampled_images_and_missing_controls_are_said(finished):
    verdict = ExperimentVerdict.read(finished / "tables/verdict.json")
    images = ImageSamples(images=500, groups=21, unit="folders", samples=400)
    alone = tuple(of for of in verdict.variants if of.variant == "natural")
    changed = verdict.model_copy(update={"images": images, "variants": alone})
    text = " ".join(statistics_of(changed, None, Bibliography()))
    assert "400 samples of 21 folders, the same for all runs" in text
    assert "Intervals cover the variation between trainings only" not in text
    assert "There was no A/A control and no positive control." in text


def test_the_report_has_the_same_text(finished, capsys):
    page = (finished / "report.html").read_text(encoding="utf-8")
    text = text_of(finished, capsys)
    assert text.splitlines()[2] in page
    assert "Methods text for a paper" in page


def test_a_folder_where_nothing_ran_is_one_line(tmp_path, capsys):
    assert main(["methods", str(tmp_path)]) == 2
    assert "expected.json: no such file" in capsys.readouterr().err
