"""What the files of trainings tell the Slurm executor."""

import json
import os
from types import SimpleNamespace

import pytest

from workflow_scripts.contracts.usage import Usage, write_usage
from workflow_scripts.operations.resuming import Trainings

LOG = "logs/train/blur/seed~1.log"


@pytest.fixture
def job(tmp_path):
    """Snakemake's job of a training, of which nothing has run."""
    return SimpleNamespace(
        rule=SimpleNamespace(name="train"),
        output=SimpleNamespace(checkpoint=str(tmp_path / "runs/blur/seed~1/model_final.pth")),
        log=[str(tmp_path / LOG)],
        params=SimpleNamespace(fingerprint="abc"),
    )


def test_each_save_tells(job, tmp_path):
    work = Trainings()
    assert work.saved(job) == 0
    state = tmp_path / "runs/blur/seed~1/checkpoints/state.pth"
    state.parent.mkdir(parents=True)
    state.touch()
    first = work.saved(job)
    os.utime(state, ns=(0, first + 1))
    assert work.saved(job) == first + 1 != 0


def test_the_last_attempt_in_a_slurm_job_tells_how_it_ended(job, tmp_path):
    work = Trainings()
    assert not work.was_stopped(job, "7")
    for start, (number, code) in enumerate([("7", 75), ("8", 75), ("7", None), ("9", 2)]):
        attempt = Usage(
            job="train/blur/seed~1",
            attempt=f"a{start}",
            start=start,
            host="n1",
            slurm_job=number,
            exit_code=code,
        )
        write_usage(tmp_path, attempt)
    # Job 7 was requeued, and killed.
    stopped = {number: work.was_stopped(job, number) for number in ("7", "8", "9", "10")}
    assert stopped == {"7": False, "8": True, "9": False, "10": False}
    assert not work.repeats(job, "9"), "a killed worker ends a training in this way, too"
    job.rule.name = "verdict"
    repeated = {number: work.repeats(job, number) for number in ("7", "8", "9", "10")}
    assert repeated == {"7": False, "8": False, "9": True, "10": False}


def test_a_run_is_done_if_it_was_trained_from_the_same(job, tmp_path):
    assert Trainings().is_done(job) is False
    settings = {"engine": "torchvision"}
    record = {"schema": 1, "variant": "blur", "seed": 1, "settings": settings}
    file = tmp_path / "runs/blur/seed~1/run.json"
    file.parent.mkdir(parents=True)
    for fingerprint, done in (("abc", True), ("abd", False)):
        file.write_text(json.dumps({**record, "fingerprint": fingerprint}))
        assert Trainings().is_done(job) is done


def test_other_jobs_do_not_resume(job):
    job.rule.name = "predict"
    assert Trainings().saved(job) is None
    assert Trainings().is_done(job) is None
