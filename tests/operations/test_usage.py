"""What jobs used: the record that a command leaves, and the table of an experiment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import usage as main
from tests.workflow import PROJECT
from workflow_scripts.analysis.usage import NOT_RECORDED, stage_usage
from workflow_scripts.contracts.usage import Usage, read_usage
from workflow_scripts.operations.usage import (
    Recorder,
    accounted,
    completed,
    cpu_seconds,
    with_benchmark,
)

WORK = """
import sys
from dataclasses import replace
from workflow_scripts.__main__ import PROGRAM
from plain_commands.errors import UserError

def work(*, threads: int | None = None, fail: bool = False) -> None:
    sum(range(10**7))
    if fail:
        raise UserError("no")

replace(PROGRAM, commands={"work": "__main__:work"}).main(["work", *sys.argv[1:]])
"""


def run(results: Path, *arguments: str) -> int:
    """A command of a job of the rule `make`, with the wildcard `a`."""
    words = ["--log", str(results / "logs/make/a.log"), *arguments]
    return subprocess.run([sys.executable, "-c", WORK, *words], cwd=PROJECT, check=False).returncode


def record(**changes) -> Usage:
    """A finished job on four GPUs and eight cores for half an hour."""
    facts = {"job": "train/natural/seed~1", "attempt": "a", "start": 0.0, "host": "n1"}
    means = {"seconds": 1700.0, "startup_seconds": 100.0, "exit_code": 0, "gpus": 4, "cores": 8}
    return Usage(**{**facts, **means, **changes})


def test_a_job_leaves_a_record_of_each_attempt(tmp_path):
    results = tmp_path / "results/mine"
    assert run(results, "--threads", "3", "--fail") == 2
    assert run(results, "--threads", "3") == 0
    first, second = sorted(read_usage(results), key=lambda used: used.start)
    assert (first.exit_code, second.exit_code) == (2, 0)
    assert first.attempt != second.attempt
    assert (second.job, second.stage, second.cores) == ("make/a", "make", 3)
    assert 0 < second.cpu_seconds < 60
    assert second.seconds > 0
    assert second.peak_rss_mib > 10
    assert second.slurm_job is second.queued_seconds is second.energy_j is None


def test_a_command_without_an_experiments_log_leaves_none(tmp_path):
    log = tmp_path / "by_hand.log"
    subprocess.run([sys.executable, "-c", WORK, "--log", log], cwd=PROJECT, check=True)
    assert list(tmp_path.iterdir()) == [log]


def test_the_table_says_what_nobody_recorded(tmp_path, capsys):
    results = tmp_path / "results/mine"
    run(results)
    assert main([str(results)]) == 0
    headers, _, line, total = capsys.readouterr().out.splitlines()
    assert "energy (kWh)" in headers
    # The queue, the cores and the energy; neither is 0.
    assert line.count(NOT_RECORDED) == 4
    assert line.split()[:3] == ["make", "1", "1"]
    assert total.split()[:3] == ["all", "1", "1"]
    (written,) = (results / "usage.jsonl").read_text().splitlines()
    assert json.loads(written)["job"] == "make/a"


def test_an_experiment_without_records_is_one_line(tmp_path, capfd):
    assert main([str(tmp_path)]) == 2
    assert "no records; is" in capfd.readouterr().err


def test_hours_are_those_that_means_were_held():
    used = stage_usage("train", [record(), record(attempt="b", gpu_utilisation=0.9)])
    assert (used.jobs, used.attempts) == (1, 2)
    assert used.hours.value == pytest.approx(1)
    assert used.gpu_hours.value == pytest.approx(4)
    assert used.cpu_hours.value == pytest.approx(8)
    # Of the second attempt only; a GPU does nothing while its job starts up.
    assert used.gpu_idle.value == pytest.approx(1 - 0.9 * 1700 / 1800)
    assert used.gpu_idle.text(".0%") == "15% (1 of 2 jobs)"
    assert used.energy_kwh.text(".3f") == NOT_RECORDED


def test_nothing_is_idle_where_nothing_was_given():
    used = stage_usage("index", [record(gpus=0, cpu_seconds=7200.0)])
    assert used.gpu_hours.value == 0
    assert used.gpu_idle.jobs == 0
    assert used.cpu_idle.value == pytest.approx(0.5)


SACCT = """\
Warning: the database is slow today
17|2026-05-01T10:00:00|2026-05-01T10:02:00|90|01:10.5|billing=8,cpu=8,gres/gpu=4,node=1|7200
17.batch|2026-05-01T10:02:00|2026-05-01T10:02:00|90|00:00.5|cpu=8,gres/gpu=4,node=1|0
17.0|2026-05-01T10:02:05|2026-05-01T10:02:05|85|01:10.0|cpu=8,gres/gpu=4,node=1|0
18|2026-05-01T10:00:00|Unknown|0|00:00:00||0
"""


def test_accounting_completes_a_record():
    row = accounted(SACCT)["17"]
    found = completed(record(gpus=None, seconds=None, exit_code=None, startup_seconds=None), row)
    assert (found.queued_seconds, found.gpus) == (120, 4)
    assert (found.energy_j, found.energy_of) == (7200, "node")
    assert found.cpu_seconds == 70.5


@pytest.mark.parametrize("energy", ["0", "", "18446744073709551614"])
def test_energy_that_no_sensor_measured_is_none(energy):
    row = {**accounted(SACCT)["17"], "ConsumedEnergyRaw": energy}
    assert completed(record(), row).energy_j is None


def test_accounting_that_knows_nothing_changes_nothing():
    assert completed(record(cpu_seconds=5.0), accounted(SACCT)["18"]) == record(cpu_seconds=5.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:01.500", 1.5), ("01:00:00", 3600), ("2-03:00:01", 183601), ("INVALID", None)],
)
def test_times_of_accounting(text, seconds):
    assert cpu_seconds(text) == seconds


def test_memory_is_what_snakemake_measured(tmp_path):
    file = tmp_path / "benchmarks/train/natural/seed~1.tsv"
    file.parent.mkdir(parents=True)
    file.write_text("s\tmax_rss\n1700\t2048.5\n")
    assert with_benchmark(record(peak_rss_mib=100.0), tmp_path).peak_rss_mib == 2048.5
    assert with_benchmark(record(peak_rss_mib=100.0, exit_code=75), tmp_path).peak_rss_mib == 100
    file.write_text("s\tmax_rss\n0.1\tNA\n")
    assert with_benchmark(record(peak_rss_mib=100.0), tmp_path).peak_rss_mib == 100


def test_what_cannot_be_recorded_ends_no_job(tmp_path):
    (tmp_path / "usage").write_text("a file where a folder has to be")
    Recorder(tmp_path, "make/a", None, None).end(0)
    assert list(read_usage(tmp_path)) == []
