"""`report.html`: what it says, and what it must not show."""

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plain_commands.files import read_json, write_json

from tests.commands import report as main
from tests.written_results import FIVE, many, original_pixels, write_results
from workflow_scripts.analysis.report.page import SECTIONS
from workflow_scripts.analysis.tables import cross
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.runs import read_expected, read_runs, runs_in
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.usage import Usage

MEGABYTE = 1_000_000


def page_of(results, *arguments) -> str:
    assert main(["html", str(results), *arguments]) == 0
    return (results / "report.html").read_text(encoding="utf-8")


class Text(HTMLParser):
    """The words of a page, outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.hidden = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page(finished) -> str:
    return (finished / "report.html").read_text(encoding="utf-8")


def test_its_parts_stand_in_the_order_of_reading(page):
    found = re.findall(r'<section id="(\w+)"', page)
    absent = {"cross", "further"}  # there are no other test images
    assert found == [section.name for section in SECTIONS if section.name not in absent]
    assert found[:4] == ["answer", "table_2", "verdict", "forest"]


def test_it_is_one_small_file_that_asks_for_nothing(page):
    assert len(page.encode()) < 5 * MEGABYTE
    assert set(re.findall(r"(?:src|href)=[\"']?(data:|#|.)", page)) <= {"data:", "#"}
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_ids_are_unique(page):
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)


def test_the_answer_is_the_verdicts(finished, page):
    said = read_json(finished / "tables/verdict.json")["said"]
    text = str(Text(page)).replace("−", "-")
    assert said["headline"] in text
    answers = [said["variants"][variant]["answer"] for variant in ("natural", "blackbox")]
    for sentence in (*said["caveats"], *answers):
        assert sentence in text


def test_the_answer_says_what_leaks(finished, page):
    answer = str(Text(page[page.index('<section id="answer"') : page.index('id="table_2"')]))
    in_short = read_json(finished / "tables/privacy.json")["in_short"]
    assert [said.partition(":")[0] for said in in_short] == ["natural", "blackbox", "masked"]
    for said in in_short:
        assert said in answer
    assert "“undecided” is not evidence of protection" in answer


def test_an_answer_without_attacks_says_so(tmp_path, finished):
    results = shutil.copytree(finished, tmp_path / "unattacked")
    tables = read_json(results / "tables/privacy.json")
    write_json(results / "tables/privacy.json", tables | {"attacks": [], "in_short": []})
    said = "No attack was run, so what the images reveal was not measured."
    assert said in str(Text(page_of(results)))
    shutil.rmtree(results / "tables")
    write_json(results / "tables/privacy.json", tables)
    text = str(Text(page_of(results)))
    assert "No verdict yet" in text
    assert tables["in_short"][0] in text


def test_verdicts_that_the_correction_changes_are_marked_in_every_table(finished, page):
    verdict = read_json(finished / "tables/verdict.json")
    changed = [
        at
        for of in verdict["variants"]
        for row in of["rows"]
        for at in row["margins"]
        if at["verdict_holm"] not in (None, at["verdict"])
    ]
    assert changed
    # In a matrix, and in the table of the variant.
    assert page.count(">†</abbr>") == 2 * len(changed)


def test_numbers_are_those_of_the_tables(finished, page):
    text = str(Text(page))
    for row in read_json(finished / "tables/table_2.json")["layout"]["rows"]:
        for cell in row:
            assert cell in text
    origin = read_json(finished / "provenance.json")
    assert origin["lock_sha256"] in text
    assert origin["data"]["train"] in text


def test_the_same_results_make_the_same_page(tmp_path, finished, page):
    assert page_of(shutil.copytree(finished, tmp_path / finished.name)) == page


def test_without_verdict_and_figures_it_says_what_there_is(tmp_path, finished):
    results = shutil.copytree(finished, tmp_path / "bare")
    for name in ("tables", "figures", "pii", "data"):
        shutil.rmtree(results / name)
    (results / "provenance.json").unlink()
    page = page_of(results)
    found = re.findall(r'<section id="(\w+)"', page)
    assert found == ["answer", "runs", "curves", "cost", "provenance"]
    assert "No verdict yet" in page


@pytest.fixture(scope="module")
def attended(tmp_path_factory, finished) -> str:
    """The page of results with something to say: by the index, detection, the audit and jobs."""
    results = shutil.copytree(finished, tmp_path_factory.mktemp("attended") / "results")
    doubt = "2 objects without pixels, left out, e.g. annotation 7 (a.png)"
    CocoSplit(("car",), (), (), (doubt,)).write(results / "data/train.coco.json")
    summary = read_json(results / "pii/summary.json")
    del summary["by_kind"]["license_plate"]
    summary["notes"] = [
        "no license plates were looked for (pii.license_plates is null)",
        "pii.faces: 2 face regions are on images that are not in the data set, and not used, e.g. "
        "'/home/me/x.png' (line 2)",
    ]
    write_json(results / "pii/summary.json", summary)
    tables = read_json(results / "tables/privacy.json")
    for audit in tables["audits"]:
        del audit["kinds"]["license_plate"]
        audit["images"]["whole_image"] = 2975 if audit["variant"] == "natural" else 0
    tables["coverage"] = [
        "faces: at least 1.8 % (1.4 to 2.3) were missed, if every detection is right"
    ]
    tables["notes"] = ["natural: 3 of 2600 faces unchanged, e.g. in 7.png"]
    write_json(results / "tables/privacy.json", tables)
    used = Usage(job="train/natural/seed~1", attempt="a", start=0.0, host="n1", gpus=4)
    write_json(results / "usage/a.json", used.model_dump(exclude_none=True) | {"seconds": 5400.0})
    return page_of(results)


def test_what_was_not_looked_for_is_a_caveat_and_no_number(attended):
    text = str(Text(attended))
    answer = str(Text(attended.partition('id="table_2"')[0]))
    assert "No license plates were looked for (pii.license_plates is null)." in answer
    assert "not used, e.g. 'x.png' (line 2)" in answer
    assert "License plates not looked for – –" in text
    assert "0 of 2600 (whole_image) not looked for" in text
    assert "0 of 2600 not looked for" in text


def test_what_was_missed_is_said_beside_the_attacks(attended):
    privacy = str(Text(attended.partition('id="privacy"')[2]))
    assert "at least 1.8 % (1.4 to 2.3) were missed, if every detection is right" in privacy


def test_what_the_index_doubts_is_said(attended):
    note = "2 objects without pixels, left out, e.g. annotation 7 (a.png)"
    assert f"Training images: {note}." in " ".join(str(Text(attended)).split())


def test_what_the_audit_found_stands_with_the_answer(attended):
    answer = attended[attended.index('<section id="answer"') : attended.index('id="table_2"')]
    assert "3 of 2600 faces unchanged" in answer


def test_what_the_jobs_recorded_stands_under_cost(attended):
    words = str(Text(attended))
    assert "All jobs by stage" in words
    assert "6.00" in words  # GPU-hours
    assert "not recorded" in words  # energy


def test_failed_and_missing_runs_are_named(tmp_path, finished):
    results = shutil.copytree(finished, tmp_path / "partial")
    for seed in (2, 3):
        shutil.rmtree(results / f"runs/natural/seed~{seed}")
    log = results / "logs/predict/blackbox/seed~1.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-01-05 10:00:00 error: no room on the disk\n")
    (results / "runs/blackbox/seed~1/eval.json").unlink()
    text = str(Text(page_of(results)))
    assert "Incomplete: 3 of 25 runs missing" in text
    assert "blackbox, seed 1 : failed (no room on the disk)" in text
    assert "natural, seed 2 : waiting" in text


def embedded(page: str) -> list[np.ndarray]:
    """The pictures in a page, (h, w, 3) uint8."""
    coded = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", page)
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))
        for picture in coded
    ]


def shows_originals(page: str) -> bool:
    """Whether a pixel of an original is in any picture of a page."""
    original = original_pixels()[0, 0]
    return any((picture == original).all(axis=-1).any() for picture in embedded(page))


@pytest.mark.slow
def test_originals_are_embedded_only_if_asked(tmp_path, page):
    results = write_results(
        tmp_path, {name: FIVE[name] for name in ("unmodified", "natural")}, 2, show_originals=True
    )
    assert shows_originals(page_of(results, "--settings", '{"show_originals": true}'))
    assert (results / "report.html").stat().st_mode & 0o777 == 0o600
    for settings in ("{}", '{"show_originals": false}'):
        without = page_of(results, "--settings", settings)
        assert not shows_originals(without)
        assert "excludes it from the report" in without
    assert embedded(page)
    assert not shows_originals(page)


def ask(results: Path, **changes) -> None:
    """Change what the config asks for."""
    path = results / "runs/expected.json"
    write_json(path, {**read_json(path), **changes})


def test_what_the_config_no_longer_asks_for_is_not_shown(tmp_path, finished):
    """Snakemake leaves the files of earlier settings where they are."""
    results = shutil.copytree(finished, tmp_path / "changed")
    tables = results / "tables"
    shutil.copy(tables / "exposed.json", tables / "cross.json")
    for name in ("ghost", "night"):
        (tables / "also" / name).mkdir(parents=True)
        for table in ("table_2.json", "verdict.json"):
            shutil.copy(tables / table, tables / "also" / name)
    ask(results, tables=[], also=["night"])
    page = page_of(results)
    assert 'id="further"' in page
    assert "Table II on night" in page
    assert "ghost" not in page
    for name in ("exposed", "cross"):
        assert f'id="{name}"' not in page


def test_exposed_objects_and_the_cross_test_are_shown_as_their_tables(tmp_path, finished, page):
    results = shutil.copytree(finished, tmp_path / "crossed")
    expected = read_expected(results / "runs/expected.json")
    runs = read_runs(runs_in(results / "runs", expected))
    table = cross.cross_table({"unmodified": runs, "natural": runs}, expected)
    write_json(
        results / "tables/cross.json", cross.as_tables(table, expected, Task.MASKS).as_json()
    )
    ask(results, tables=["exposed", "cross"])
    crossed = page_of(results)
    for name, shown in (("exposed", page), ("cross", crossed)):
        text = str(Text(shown[shown.index(f'<section id="{name}"') :])).replace("−", "-")
        content = read_json(results / f"tables/{name}.json")
        assert content["caption"] in text
        for row in content["layouts"][0]["rows"]:
            assert " ".join(row) in text


@pytest.mark.slow
def test_a_page_of_a_hundred_runs_is_small(tmp_path):
    results = write_results(tmp_path, many(10), 10)
    page = page_of(results)
    assert len(page.encode()) < 5 * MEGABYTE
    assert page.count("<svg") > 20


def test_a_single_run_each_is_shown_without_deviations(tmp_path):
    results = write_results(
        tmp_path, {name: FIVE[name] for name in ("unmodified", "natural")}, seeds=1
    )
    text = str(Text(page_of(results)))
    assert "1 seed per variant, 8 classes" in text
    assert "cannot be tested" in text
    assert "not testable" in text


def test_a_folder_where_nothing_ran_is_one_line(tmp_path, capsys):
    assert main(["html", str(tmp_path)]) == 2
    assert "expected.json: no such file" in capsys.readouterr().err


def test_provenance_holds_config_and_hashes(finished):
    origin = read_json(finished / "provenance.json")
    assert origin["config"]["variants"]["natural"]["method"] == "natural"
    assert origin["config"]["statistics"]["margins"] == [0.01, 0.02]
    assert len(origin["runs"]) == 25
    files = origin["files"]
    assert {"tables/verdict.json", "runs/natural/seed~1/model_final.pth"} <= set(files)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in files.values())
    assert json.dumps(origin)


def test_every_file_but_images_and_records_of_jobs_is_hashed(tmp_path, finished):
    results = shutil.copytree(finished, tmp_path / "whole")
    hashed = (
        *("privacy.md", "weights/manifest.json", "images/blur/train/manifest.parquet"),
        *("runs/natural/seed~1/on~blur/eval.json", "runs/natural/seed~1/also~night/eval.json"),
        *("tables/also/night/table_2.json", "data/also/night.coco.json", "of_a_later_version.txt"),
    )
    not_hashed = (
        *("report.html", "tables/partial/table_2.json", "runs/expected.json", "runs/.checked"),
        *("logs/train/natural/seed~1.log", "benchmarks/table_2.tsv", "usage/table_2.txt"),
        *("runs/natural/seed~1/checkpoints/state.pth", "runs/natural/seed~1/tensorboard/events"),
        *("images/blur/train/000-5f1ad2c0/1.png", f"weights/{'5f' * 32}"),
        *("data/synthetic/1.png", "privacy/attacks/blur/pictures/1.png"),
    )
    for name in (*hashed, *not_hashed):
        path = results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (results / "weights/manifest.json").write_text('{"weights": []}')
    shutil.copy(finished / "runs/expected.json", results / "runs/expected.json")
    before = read_json(finished / "provenance.json")["files"]
    assert main(["provenance", str(results), "--config", "{}"]) == 0
    files = read_json(results / "provenance.json")["files"]
    assert files.keys() == before.keys() | set(hashed)
