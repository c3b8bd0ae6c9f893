"""How far each run is, from the files of an experiment and from squeue's lines."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from folder_owner import Owner
from slurm_repairs.questions import read_queue

from tests.analysis.tables.written_runs import evaluation
from tests.commands import status as main
from workflow_scripts.contracts.run_states import State, statuses
from workflow_scripts.contracts.runs import EXPECTED, read_expected
from workflow_scripts.operations.status import detail, of_workflow, totals

METRICS = "".join(
    json.dumps({"iteration": i, "iterations": 100, "loss": 2.0 - i / 100, "seconds": 0.5 * i})
    + "\n"
    for i in range(1, 41)
)


@pytest.fixture
def results(tmp_path) -> Path:
    """An experiment of three variants and two seeds, of which nothing has run."""
    folder = tmp_path / "results/small"
    write(
        folder / "runs/expected.json",
        json.dumps({"variants": ["plain", "blur", "boxes"], "seeds": [1, 2], "classes": ["car"]}),
    )
    return folder


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_run(results: Path, variant: str, seed: int, *, trained: str, evaluated: str) -> None:
    """A run's files; the fingerprints are those of its training and of its evaluation."""
    folder = results / f"runs/{variant}/seed~{seed}"
    facts = {"variant": variant, "seed": seed, "fingerprint": trained}
    write(folder / "run.json", json.dumps({**facts, "settings": {"engine": "torchvision"}}))
    write(folder / "model_final.pth")
    content = evaluation(variant, seed, (0.3, 0.2, 0.1))
    content["run"]["fingerprint"] = evaluated
    write(folder / "eval.json", json.dumps(content))


def write_done(results: Path, variant: str, seed: int) -> None:
    """The files of a finished run."""
    write_run(results, variant, seed, trained="now", evaluated="now")


def expect(results: Path, fingerprint: str) -> None:
    """Let the config ask for this fingerprint of each run."""
    path = results / EXPECTED
    content = json.loads(path.read_text())
    content["fingerprints"] = {
        variant: dict.fromkeys(content["seeds"], fingerprint) for variant in content["variants"]
    }
    write(path, json.dumps(content))


def look(results: Path, queue: str = "") -> dict:
    """The statuses by variant and seed."""
    queued = of_workflow(read_queue(queue), results.parents[1])
    found = statuses(results, read_expected(results / EXPECTED), queued)
    return {(run.variant, run.seed): run for run in found}


def test_each_state_is_told(results):
    runs, logs = results / "runs", results / "logs"
    write_done(results, "plain", 1)
    write(runs / "plain/seed~2/model_final.pth")
    write(runs / "blur/seed~1/checkpoints/metrics.jsonl", METRICS)
    owner = replace(Owner.this_process(), slurm_job="812")
    write(runs / "blur/seed~1/checkpoints/owner.json", json.dumps(asdict(owner)))
    write(runs / "blur/seed~2/checkpoints/metrics.jsonl", METRICS + '{"iterat')
    write(logs / "train/blur/seed~2.log", "2026-01-02 03:04:05 saved at iteration 40 of 100\n")
    log = logs / "train/boxes/seed~1.log"
    write(log, "2026-01-02 03:04:05 started\n2026-01-02 03:04:06 error: a.png: no such image\n")
    found = look(results)
    assert {run: status.state for run, status in found.items()} == {
        ("plain", 1): State.DONE,
        ("plain", 2): State.TRAINED,
        ("blur", 1): State.RUNNING,
        ("blur", 2): State.STOPPED,
        ("boxes", 1): State.FAILED,
        ("boxes", 2): State.WAITING,
    }
    running = found["blur", 1]
    assert (running.iteration, running.slurm_job, running.node) == (40, "812", owner.host)
    assert running.loss == pytest.approx(1.6)
    assert running.seconds_left == pytest.approx(30)
    assert found["boxes", 1].reason == "a.png: no such image"
    assert found["boxes", 1].log == str(log)
    assert "iteration 40/100, loss 1.600; 30 s left; Slurm job 812" in detail(running)
    assert totals(list(found.values())).startswith("6 runs: 1 done, 1 trained, 1 running")


def test_an_owner_that_is_gone_runs_nothing(results):
    owner = replace(Owner.this_process(), host="node17", beat="2020-01-01T00:00:00+00:00")
    write(results / "runs/blur/seed~1/checkpoints/owner.json", json.dumps(asdict(owner)))
    assert look(results)["blur", 1].state is State.STOPPED


def test_an_old_error_counts_no_more_once_there_are_weights(results):
    write(results / "logs/train/blur/seed~1.log", "error: lost\n")
    write(results / "runs/blur/seed~1/model_final.pth")
    assert look(results)["blur", 1].state is State.TRAINED
    write(results / "logs/predict/blur/seed~1.log", "Traceback (most recent call last):\nOh: no\n")
    assert look(results)["blur", 1].reason == "Oh: no"


def test_jobs_that_wait_in_slurm_are_queued(results):
    here, there = results.parents[1], "/another/experiment"
    lines = [
        "{}|run|{}|2026-01-02T03:04:05|{}|{}|{}|{}".format(*job)
        for job in (
            (17, "PENDING", "", "Resources", "rule_train_wildcards_blur_1", here),
            (18, "RUNNING", "n3", "None", "rule_predict_wildcards_blur_2", here),
            (19, "PENDING", "", "Priority", "rule_train_wildcards_boxes_1", there),
            (20, "PENDING", "", "Priority", "somebody's own job", here),
            (21, "FAILED", "n1", "None", "rule_train_wildcards_boxes_2", here),
            (22, "PENDING", "", "PartitionTimeLimit", "rule_train_wildcards_plain_1", here),
        )
    ]
    found = look(results, "\n".join(["squeue: a line that is no job", *lines]))
    waiting, predicting = found["blur", 1], found["blur", 2]
    assert (waiting.state, waiting.slurm_job) == (State.QUEUED, "17")
    assert waiting.reason == (
        "waiting for nodes, GPUs, cores or memory to become free (Resources); in the queue since "
        "2026-01-02 03:04:05"
    )
    assert (predicting.node, predicting.reason) == ("n3", None)
    assert {found["boxes", seed].state for seed in (1, 2)} == {State.WAITING}
    assert "it will not start as it is; cancel it" in found["plain", 1].reason


def test_damaged_files_of_a_run_are_said_at_this_run(results, caplog):
    write(results / "runs/plain/seed~1/checkpoints/owner.json", "[]")
    write(results / "runs/plain/seed~2/checkpoints/metrics.jsonl", f"[]\n{METRICS}")
    found = look(results)
    assert found["plain", 1].state is State.FAILED
    assert "owner.json: damaged; remove it if no process works" in found["plain", 1].reason
    assert found["plain", 2].iteration == look_at_last(METRICS)
    assert "seed~2/checkpoints/metrics.jsonl: skipped 1 damaged line" in caplog.text


def look_at_last(metrics: str) -> int:
    """The iteration of the last line."""
    return json.loads(metrics.splitlines()[-1])["iteration"]


def test_a_run_that_is_trained_again_is_not_done(results):
    """Snakemake deletes the outputs of a job when the job starts, and not those that follow."""
    write_done(results, "plain", 1)
    write_done(results, "plain", 2)
    write_done(results, "blur", 1)
    for seed in (1, 2):
        (results / f"runs/plain/seed~{seed}/run.json").unlink()
        (results / f"runs/plain/seed~{seed}/model_final.pth").unlink()
    write(
        results / "runs/plain/seed~1/checkpoints/owner.json",
        json.dumps(asdict(Owner.this_process())),
    )
    write(results / "runs/plain/seed~2/checkpoints/metrics.jsonl", METRICS)
    here = results.parents[1]
    queue = f"17|run|PENDING|2026-01-02T03:04:05||Priority|rule_train_wildcards_blur_1|{here}"
    found = look(results, queue)
    assert found["plain", 1].state is State.RUNNING
    assert found["blur", 1].state is State.QUEUED
    assert (found["plain", 2].state, found["plain", 2].iteration) == (State.STOPPED, 40)


def test_done_is_what_the_config_asks_for(results):
    write_run(results, "plain", 1, trained="now", evaluated="now")
    write_run(results, "plain", 2, trained="now", evaluated="before")
    write_run(results, "blur", 1, trained="before", evaluated="before")
    write_run(results, "blur", 2, trained="before", evaluated="before")
    (results / "runs/blur/seed~2/run.json").unlink()
    (results / "runs/blur/seed~2/model_final.pth").unlink()
    expect(results, "now")
    found = look(results)
    assert {run: status.state for run, status in found.items() if run[0] != "boxes"} == {
        ("plain", 1): State.DONE,
        ("plain", 2): State.TRAINED,
        ("blur", 1): State.OUTDATED,
        ("blur", 2): State.OUTDATED,
    }
    assert totals(list(found.values())) == "6 runs: 1 done, 1 trained, 2 waiting, 2 outdated"


def test_a_damaged_evaluation_is_said_at_its_run(results):
    write(results / "runs/plain/seed~1/eval.json", "{")
    found = look(results)["plain", 1]
    assert found.state is State.FAILED
    assert "eval.json: not valid JSON" in found.reason


def test_the_command_prints_a_grid_or_json(results, capsys):
    write_done(results, "plain", 1)
    assert main([str(results)]) == 0
    said = capsys.readouterr().out
    assert "6 runs: 1 done, 5 waiting" in said
    assert main([str(results), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [run["state"] for run in found] == ["done", *["waiting"] * 5]


def test_watching_ends_with_the_last_run(results, capsys):
    for variant in ("plain", "blur", "boxes"):
        for seed in (1, 2):
            write_done(results, variant, seed)
    assert main([str(results), "--watch", "0.1"]) == 0
    assert "6 runs: 6 done" in capsys.readouterr().out


def test_a_folder_that_is_no_experiment_is_one_line(tmp_path, capfd):
    assert main([str(tmp_path)]) == 2
    assert "runs/expected.json: no such file" in capfd.readouterr().err


def test_variants_with_further_seeds_are_shown(results, capsys):
    content = json.loads((results / "runs/expected.json").read_text())
    write(results / "runs/expected.json", json.dumps(content | {"more_seeds": {"blur": [3]}}))
    assert main([str(results)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:4]]
    assert rows == [
        ["plain", "waiting", "waiting", "–"],
        ["blur", "waiting", "waiting", "waiting"],
        ["boxes", "waiting", "waiting", "–"],
    ]
