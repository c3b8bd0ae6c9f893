"""What the report says of a plan that was registered, and of what was changed afterwards."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from plain_commands.files import read_json, write_json

from tests.commands import report as main
from workflow_scripts.analysis.report.registered import RegisteredPlan, check_registration
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.contracts.registrations import FILE_NAME, Registration, plan_in


@pytest.fixture
def results(tmp_path, finished) -> Path:
    """A copy of the finished experiment, whose first runs started on January 2."""
    return shutil.copytree(finished, tmp_path / finished.name)


def registration_of(results: Path, **changes) -> Registration:
    """The plan that the finished experiment followed."""
    origin = read_json(results / "provenance.json")
    runs: dict[str, dict[str, str]] = {}
    for run in origin["runs"]:
        runs.setdefault(run["variant"], {})[str(run["seed"])] = run["fingerprint"]
    plan = Registration(
        version=1,
        experiment=origin["experiment"],
        registered="2026-01-01T10:00:00+00:00",
        plan=plan_in(origin["config"]),
        seeds={variant: tuple(map(int, of)) for variant, of in runs.items()},
        data=origin["data"],
        runs=runs,
    )
    return plan.model_copy(update=changes)


def checked(results: Path, **changes) -> RegisteredPlan:
    """What is said of a registration with these changes."""
    registration_of(results, **changes).write(results / FILE_NAME)
    found = check_registration(read_results(results))
    assert found is not None
    return found


def test_a_plan_that_was_followed(results):
    found = checked(results)
    assert found.sentence == (
        "The plan was registered before the first run started: on 2026-01-01 10:00:00 UTC, the "
        "run on 2026-01-02 08:00:00 UTC."
    )
    assert found.changes == ()


def test_without_a_registration_the_report_says_so(results):
    assert check_registration(read_results(results)) is None
    assert main(["html", str(results)]) == 0
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "No plan was registered before the first run." in page


@pytest.mark.parametrize(
    ("time", "late"),
    [
        ("2026-01-02T08:00:00+00:00", None),
        ("2026-01-02T09:30:00+01:00", 5),
        ("2026-01-02T08:00:01", 5),
        ("2027-01-01T00:00:00+00:00", 25),
    ],
)
def test_runs_that_started_before_are_counted(results, time, late):
    sentence = checked(results, registered=time).sentence
    if late is None:
        assert "registered before the first run started" in sentence
    else:
        assert f"after {late} of 25 runs had started, the first on 2026-01-02 08:00:00" in sentence
        assert "before the first run started" not in sentence


def test_runs_without_a_start_are_counted(results):
    for seed, start in ((1, None), (2, "yesterday")):
        path = results / f"runs/natural/seed~{seed}/run.json"
        write_json(path, read_json(path) | {"start": start})
    assert checked(results).sentence.endswith("; 2 of 25 runs recorded no start.")
    for path in results.glob("runs/*/*/run.json"):
        write_json(path, read_json(path) | {"start": None})
    assert checked(results).sentence == (
        "Registered on 2026-01-01 10:00:00 UTC; no run has a recorded start; 25 of 25 runs "
        "recorded no start."
    )


@pytest.mark.parametrize("time", ["once", "", "0001-01-01T00:00:00+14:00"])
def test_a_registration_without_a_time(results, time):
    assert checked(results, registered=time).sentence == (
        f"The time in registration.json is not a time: {time!r}."
    )


def test_the_registration_of_another_experiment_is_named(results):
    changes = checked(results, experiment="pilot").changes
    assert changes == ("experiment: registered pilot, now made_up",)


def test_a_registered_split_that_is_gone_is_named(results):
    data = registration_of(results).data | {"extra": "a" * 64}
    changes = checked(results, data=data).changes
    assert changes == ("extra images or labels: registered aaaaaaaaaaaa, now none",)


def test_changed_settings_are_named_with_both_values(results):
    plan = registration_of(results).plan
    plan["statistics"]["margins"] = [0.02]
    plan["question"] = "non-inferiority"
    del plan["variants"]["natural"]["identity"]
    plan["variants"]["blackbox"]["strength"] = 7
    plan["training"]["class_names"] = ["a long name"] * 9
    assert checked(results, plan=plan).changes == (
        'question: registered "non-inferiority", now "equivalence"',
        "statistics.margins: registered [0.02], now [0.01,0.02]",
        'training.class_names: registered ["a long name","a long name","a long name","a long '
        'name","a …, now nothing',
        "variants.blackbox.strength: registered 7, now nothing",
        'variants.natural.identity: registered nothing, now "frame"',
    )


def test_a_section_that_came_or_went_is_one_change(results):
    plan = registration_of(results).plan
    plan["evaluation"]["also"] = {"night": {"images": "night"}}
    plan["pii"]["faces"] = None
    del plan["variants"]["blackbox"]
    changes = checked(results, plan=plan).changes
    assert [change.split(": registered ")[0] for change in changes] == [
        *("evaluation.also.night", "pii.faces", "variants.blackbox")
    ]
    assert changes[0].endswith('registered {"images":"night"}, now nothing')
    assert 'registered null, now {"detector":"centerface",' in changes[1]
    assert 'registered nothing, now {"colour":[0,0,0],' in changes[2]


def test_long_values_are_quoted_where_they_differ(results):
    plan = registration_of(results).plan
    plan["dataset"]["classes"][-1] = "tricycle"
    (change,) = checked(results, plan=plan).changes
    assert change == (
        'dataset.classes: registered …rain","motorcycle","tricycle"], now '
        '…rain","motorcycle","bicycle"]'
    )


@pytest.mark.parametrize("statistics", [None, [], {"looks": None}, {"looks": 5}])
def test_a_plan_that_was_edited_has_no_looks(results, statistics):
    registration_of(results).write(results / FILE_NAME)
    content = read_json(results / FILE_NAME)
    content["plan"]["statistics"] = statistics
    content["seeds"]["natural"] = [1]
    write_json(results / FILE_NAME, content)
    found = check_registration(read_results(results))
    assert found is not None
    assert found.changes[0] == "registration.json itself: its content does not match its hash"
    assert any(change.startswith("statistics") for change in found.changes)
    assert found.changes[-1] == ("seeds of natural: 1 registered, now 5; no look was registered")


def test_another_place_of_the_data_is_no_change(results):
    origin = read_json(results / "provenance.json")
    origin["config"]["dataset"]["train"]["images"] = "/mnt/elsewhere/images"
    origin["config"]["results"] = "/scratch"
    origin["config"]["report"]["show_originals"] = True
    plan = registration_of(results)
    write_json(results / "provenance.json", origin)
    plan.write(results / FILE_NAME)
    found = check_registration(read_results(results))
    assert found is not None
    assert found.changes == ()


def test_other_data_and_other_runs_are_named(results):
    data = {"train": "0" * 64, "val": registration_of(results).data["val"]}
    runs = registration_of(results).runs
    runs["natural"] = dict.fromkeys(runs["natural"], "1" * 64)
    runs["masked"]["3"] = "2" * 64
    now = registration_of(results).data["train"][:12]
    assert checked(results, data=data, runs=runs).changes == (
        f"train images or labels: registered 000000000000, now {now}",
        "the settings, data or code of 6 trainings (natural seed 1, natural seed 2, natural seed "
        "3, natural seed 4, natural seed 5 and 1 more)",
    )


def test_seeds_are_added_at_registered_looks_only(results):
    few = dict.fromkeys(registration_of(results).seeds, (1, 2))
    changes = checked(results, seeds=few).changes
    assert changes[0] == "seeds of unmodified: 2 registered, now 5; no look was registered"
    assert len(changes) == 5
    plan = registration_of(results).plan
    for looks, count in (([2, 5], 0), ([2, 4], 5)):
        plan["statistics"]["looks"] = looks
        found = checked(results, seeds=few, plan=plan).changes
        seeds = [change for change in found if change.startswith("seeds of ")]
        assert len(seeds) == count
    assert seeds[0].endswith("now 5; which is not a registered look")


def started_with_two_runs(results: Path, **runs: dict[str, str]) -> dict:
    """Parts of a registration of two runs of each variant, and of what looks may add."""
    whole = registration_of(results)
    plan = whole.plan
    plan["statistics"]["looks"] = [2, 5]
    return {"seeds": dict.fromkeys(whole.seeds, (1, 2)), "plan": plan, "runs": whole.runs | runs}


def with_looks(results: Path) -> Path:
    """The results as those of an experiment with looks at two and at five runs."""
    origin = read_json(results / "provenance.json")
    origin["config"]["statistics"]["looks"] = [2, 5]
    write_json(results / "provenance.json", origin)
    return results


def test_runs_that_a_look_added_were_registered_before(results):
    found = checked(with_looks(results), **started_with_two_runs(results))
    assert found.changes == ()
    assert found.sentence.startswith("The plan was registered before the first run started: on ")
    assert found.sentence.endswith(" It has the 15 runs that a look added.")


def test_what_changed_in_a_run_that_a_look_added_is_named(results):
    natural = registration_of(results).runs["natural"] | {"4": "0" * 64}
    found = checked(with_looks(results), **started_with_two_runs(results, natural=natural))
    assert found.changes == ("the settings, data or code of 1 training (natural seed 4)",)


def test_runs_of_other_seeds_than_the_look_adds_were_not_registered(results):
    """As in registrations of earlier versions, which have none of the runs that looks add."""
    natural = {
        seed: sha for seed, sha in registration_of(results).runs["natural"].items() if seed < "3"
    }
    found = checked(with_looks(results), **started_with_two_runs(results, natural=natural))
    assert found.changes == (
        "no settings, data and code were registered for 3 trainings added at a look "
        "(natural seed 3, natural seed 4, natural seed 5)",
    )
    assert found.sentence.endswith(" It has the 12 runs that a look added.")


def test_seeds_that_were_left_out_are_named(results):
    more = dict.fromkeys(registration_of(results).seeds, (1, 2, 3, 4, 5, 6, 7))
    assert checked(results, seeds=more).changes[0] == "seeds of unmodified: without 6, 7"


def test_a_file_that_was_edited_is_named(results):
    registration_of(results).write(results / FILE_NAME)
    content = read_json(results / FILE_NAME)
    content["registered"] = "2025-01-01T10:00:00+00:00"
    write_json(results / FILE_NAME, content)
    found = check_registration(read_results(results))
    assert found is not None
    assert found.changes == ("registration.json itself: its content does not match its hash",)


def test_without_provenance_the_config_cannot_be_compared(results):
    registration_of(results).write(results / FILE_NAME)
    (results / "provenance.json").unlink()
    found = check_registration(read_results(results))
    assert found is not None
    assert found.changes == ("not known for the config: there is no provenance.json",)


def test_a_damaged_registration_is_one_line(results, capsys):
    (results / FILE_NAME).write_text('{"schema": 1}')
    assert main(["html", str(results)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert "registration.json: " in line


def test_the_page_lists_the_changes(results):
    plan = registration_of(results).plan
    plan["statistics"]["margins"] = ["<b>"]
    registration_of(results, plan=plan).write(results / FILE_NAME)
    assert main(["html", str(results)]) == 0
    page = (results / "report.html").read_text(encoding="utf-8")
    answer = page[page.index('<section id="answer"') : page.index('<section id="table_2"')]
    assert "Changed after registration" in answer
    assert "statistics.margins: registered [&#34;&lt;b&gt;&#34;], now [0.01,0.02]" in answer
    assert "Nothing was changed afterwards" not in answer


def test_the_written_file_has_its_hash_and_no_folder(results):
    plan = registration_of(results)
    folder = str(Path.home() / "secret" / "images")
    config = {"dataset": {"root": folder}, "results": "/scratch", "report": {}, "seeds": 5}
    plan = plan.model_copy(update={"plan": plan_in(config)})
    plan.write(results / FILE_NAME)
    text = (results / FILE_NAME).read_text()
    assert "secret" not in text
    assert "scratch" not in text
    assert Registration.read(results / FILE_NAME).is_intact
    assert json.loads(text)["sha256"] == plan.digest
    assert datetime.fromisoformat(plan.registered) < datetime.now(UTC)
