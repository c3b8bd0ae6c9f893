"""The script for a GPU: its budget, its parts and its table. `--cpu` runs the rest."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from program_runner import ProgramError
from program_runner.errors import ProgramTimeoutError

from benchmarks.gpu.budget import GRACE_SECONDS, Part, PartResult, State, run_parts
from benchmarks.gpu.parts import ON_CPU, ON_GPU, parts_of, study, table_2_in
from benchmarks.gpu.report import markdown
from tests.workflow import PROJECT
from workflow_scripts.config.experiment import experiment_of

ABOUT = {"measured on": "CPU X, 2 cores", "GPU": "Y", "commit": "abc"}


class Machine:
    """A machine on which each program takes a known time."""

    def __init__(self, **seconds: float) -> None:
        self.now, self.seconds = 100.0, seconds
        self.limits: dict[str, float] = {}

    def run(self, words, log, timeout: float) -> None:
        name = words[0]
        self.limits[name] = timeout
        self.now += min(self.seconds[name], timeout)
        if name == "broken":
            raise ProgramError("broken ended with 1; it said 'no such thing'")
        if self.seconds[name] > timeout:
            raise ProgramTimeoutError(f"{name} did not finish within {timeout:g} s")

    def results(self, budget: float, **parts: tuple[float, float]) -> list[PartResult]:
        made = [
            Part(name, (name,), limit, least, lambda name=name: {"ran": name})
            for name, (limit, least) in parts.items()
        ]
        run = {"run": self.run, "clock": lambda: self.now}
        return list(run_parts(made, budget, lambda _: None, lambda _: None, **run))


def test_each_part_gets_its_limit_and_at_most_what_is_left():
    machine = Machine(a=30, b=30, c=30)
    results = machine.results(100, a=(60, 10), b=(60, 10), c=(60, 10))
    assert [one.state for one in results] == [State.DONE] * 3
    assert [one.seconds for one in results] == [30, 30, 30]
    assert [limit + GRACE_SECONDS for limit in machine.limits.values()] == [60, 60, 40]


def test_a_part_that_is_stopped_leaves_what_it_has():
    (one, two) = Machine(slow=500, b=1).results(300, slow=(60, 10), b=(60, 10))
    assert (one.state, one.reason) == (State.STOPPED, "not done after 55 s")
    assert one.numbers == {"ran": "slow"}
    assert two.state is State.DONE


def test_a_part_that_fails_does_not_stop_the_others():
    one, two = Machine(broken=1, b=1).results(300, broken=(60, 10), b=(60, 10))
    assert (one.state, two.state) == (State.FAILED, State.DONE)
    assert one.reason == "broken ended with 1; it said 'no such thing'"


def test_a_part_does_not_begin_without_the_time_that_it_needs():
    one, two, three = Machine(a=90, b=1, c=1).results(100, a=(200, 10), b=(60, 50), c=(60, 5))
    assert [one.state, two.state, three.state] == [State.DONE, State.LEFT_OUT, State.DONE]
    assert two.reason == "10 s of the budget are left, 50 are needed"


@pytest.mark.parametrize("scale", [ON_GPU, ON_CPU], ids=["gpu", "cpu"])
def test_the_parts_that_are_likely_to_be_cut_off_come_last(tmp_path, scale):
    names = [part.name for part in parts_of(scale, "detectron2", tmp_path)]
    assert names[:4] == ["frames", "doctor", "training, exact: ours", "training, exact: stock"]
    assert names[-1] == "Table II"
    assert ("training, fast: stock" in names) == bool(scale.gpus)
    alone = [part.name for part in parts_of(scale, "torchvision", tmp_path)]
    assert alone == [name for name in names if not name.endswith(": stock")]


def test_the_budget_on_a_gpu_is_eight_minutes():
    assert ON_GPU.budget == 480


@pytest.mark.parametrize("engine", ["detectron2", "torchvision"])
def test_the_shortened_study_is_a_config_of_two_variants_by_five_seeds(engine):
    experiment = experiment_of(json.loads(json.dumps(study(ON_GPU, engine))), [])
    assert list(experiment.variants) == ["unmodified", "natural"]
    assert experiment.seeds == 5


def test_the_last_row_of_table_2_is_read(tmp_path):
    assert table_2_in(tmp_path) == {"runs": 0}
    for seed in (1, 2):
        run = tmp_path / f"runs/natural/seed~{seed}"
        run.mkdir(parents=True)
        (run / "eval.json").touch()
    rows = [("car", "natural", "AP", 0.9, 0.1, 2), ("all", "natural", "AP", 0.3, 0.01, 2)]
    rows += [("all", "natural", "AP50", 0.5, 0.02, 2)]
    (tmp_path / "tables").mkdir()
    table = pd.DataFrame(rows, columns=["class", "variant", "metric", "mean", "std", "n"])
    table.to_csv(tmp_path / "tables/table_2.csv", index=False)
    assert table_2_in(tmp_path) == {
        "runs": 2,
        "map": {"natural": {"mean": 0.3, "std": 0.01, "n": 2}},
    }


def result(name: str, state: State = State.DONE, reason: str = "", **numbers) -> PartResult:
    return PartResult(name, state, reason, 12.0, numbers)


def cells(text: str, first: str) -> list[str]:
    (line,) = [one for one in text.splitlines() if one.startswith(f"| {first} ")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_both_sides_and_their_ratio():
    gpu = {"gpu_busy": 0.93, "torch_mib": 2048.0}
    text = markdown(
        ABOUT,
        [
            result("training, exact: ours", images_per_s=12.0, **gpu),
            result("training, exact: stock", images_per_s=8.0, gpu_busy=0.7, torch_mib=3072.0),
            result("training, fast: ours", images_per_s=18.0, **gpu),
        ],
    )
    assert text.startswith("measured on CPU X, 2 cores, GPU Y, commit abc.\n\n|")
    float32 = ["12.0", "1.00", "8.0", "1.50", "2.0 and 3.0", "93 % and 70 %"]
    assert cells(text, "training, exact")[1:] == float32
    assert cells(text, "training, fast")[1:] == ["18.0", "1.50", "", "", "2.0", "93 %"]
    assert "not installed" not in text


def test_a_few_steps_on_a_cpu_are_no_measurement():
    assert "not how fast they are" in markdown({"measured on": "CPU X, 2 cores"}, [])


def test_what_is_missing_is_said():
    results = [
        result("doctor"),
        result("training, exact: ours", State.FAILED, "python ended with 1"),
        result("stop and resume", State.LEFT_OUT, "3 s of the budget are left, 40 are needed"),
        result("Table II", State.STOPPED, "not done after 55 s", runs=7),
    ]
    text = markdown(ABOUT, results)
    assert "- training, exact: ours: failed: python ended with 1" in text
    assert "- stop and resume: left out: 3 s of the budget" in text
    assert cells(text, "doctor") == ["doctor", "passed (12 s)"]
    assert cells(text, "Table II")[1] == "7 runs in 12 s, no table"
    assert "detectron2 is not installed here" in text


@pytest.mark.parametrize(
    ("equal", "expected"),
    [(True, "weights equal to the last bit"), (False, "weights DIFFER, by up to 1.0e-03")],
)
def test_whether_the_weights_are_equal_is_said(equal, expected):
    found = {"equal": equal, "largest_difference": 1e-3, "resumed_from": [7], "iterations": 20}
    text = markdown(ABOUT, [result("stop and resume", **found)])
    said = cells(text, "stop and resume")[1]
    assert said == f"stopped at iteration 7 of 20: {expected}"


@pytest.mark.slow
def test_the_script_runs_to_its_end_on_a_cpu(tmp_path):
    """All parts, in minutes; what they find is a test's business elsewhere."""
    command = ["bash", str(PROJECT / "benchmarks/gpu.sh"), "--cpu", "--output", str(tmp_path)]
    environment = os.environ | {"PYTHON": sys.executable}
    subprocess.run(command, env=environment, check=True)
    parts = {one["name"]: one for one in json.loads((tmp_path / "gpu.json").read_text())["parts"]}
    ended = {name: part["reason"] for name, part in parts.items() if part["state"] != "done"}
    assert ended == {}
    assert parts["training, exact: ours"]["numbers"]["images_per_s"] > 0
    assert parts["stop and resume"]["numbers"]["equal"]
    assert parts["Table II"]["numbers"]["runs"] == 4
    assert set(parts["Table II"]["numbers"]["map"]) == {"unmodified", "natural"}
