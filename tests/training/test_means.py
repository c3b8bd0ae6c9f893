"""GPUs, learning rate, and requests to stop."""

import os
import signal
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pynvml
import pytest
from cluster_jobs.gpus import visible_gpus
from folder_owner import OwnershipError
from plain_commands.errors import UserError

from tests.training.conftest import with_settings
from workflow_scripts.common.gpus import choose_gpus
from workflow_scripts.training import launcher, loop
from workflow_scripts.training.engines.torchvision.engine import rate_factor
from workflow_scripts.training.job import Ending, Rendezvous, TrainingOutcome
from workflow_scripts.training.process_control import (
    STOP_SIGNALS,
    StopRequest,
    sole_user_of,
    user_of,
)


@pytest.mark.parametrize(
    ("allowed", "visible"),
    [
        (None, ("0", "1", "2", "3")),
        ("", ()),
        ("2,3", ("2", "3")),
        ("1,-1,2", ("1",)),
        ("0,7,1", ("0",)),
        ("GPU-8f1e,MIG-2b", ("GPU-8f1e", "MIG-2b")),
    ],
)
def test_visible_gpus_are_those_that_cuda_would_see(allowed, visible, monkeypatch):
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if allowed is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)
    assert visible_gpus() == visible
    with pytest.raises(UserError, match=f"5 requested, {len(visible)} found"):
        choose_gpus(5)


def test_the_learning_rate_rises_and_falls(job):
    settings = with_settings(
        job, learning_rate=0.01, warmup_iterations=100, iterations=1000, milestones=[600, 800]
    ).settings
    steps = (0, 50, 100, 599, 600, 800)
    rates = [settings.learning_rate * rate_factor(settings, step) for step in steps]
    assert rates == pytest.approx([1e-5, 0.005005, 0.01, 0.01, 0.001, 0.0001])


@pytest.fixture
def rendezvous(tmp_path):
    """A rendezvous whose command lives until `heartbeat` is closed; signals are restored."""
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    rendezvous = Rendezvous(tmp_path)
    os.mkfifo(rendezvous.heartbeat)
    yield rendezvous
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("gpus", [("0", "1", "2", "3"), ("GPU-8f1e", "GPU-22", "MIG-2b", "MIG-3")])
def test_each_of_four_workers_sees_its_own_gpu_only(job, rendezvous, monkeypatch, gpus):
    seen = {}

    def train(job, rank, rendezvous, stop):
        seen[rank] = os.environ["CUDA_VISIBLE_DEVICES"]
        return TrainingOutcome(Ending.DONE, "trained")

    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(launcher, "_log_to", lambda job, rank: None)
    four = replace(job, workers=4, gpus=gpus)
    four.checkpoints.mkdir(parents=True)
    for rank in range(4):
        # Slurm's cgroups number the devices of a job from 0; submitit names all of them.
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
        told = partial(SimpleNamespace, rank=rank)
        monkeypatch.setattr("submitit.helpers.TorchDistributedEnvironment", told)
        launcher.work(four, rendezvous)
        outcome = TrainingOutcome.read(rendezvous.outcome(rank))
        assert outcome == TrainingOutcome(Ending.DONE, "trained")
    assert tuple(seen[rank] for rank in range(4)) == gpus


def test_a_worker_stops_on_a_signal_on_time_and_without_its_command(rendezvous):
    end = os.open(rendezvous.heartbeat, os.O_RDWR | os.O_NONBLOCK)
    assert StopRequest(rendezvous.heartbeat, stop_at=time.time() - 1)()
    for number in STOP_SIGNALS:
        stop = StopRequest(rendezvous.heartbeat, stop_at=None)
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
    stop = StopRequest(rendezvous.heartbeat, stop_at=None)
    assert not stop()
    os.close(end)
    assert stop()


def test_a_folder_has_one_command_but_many_workers(tmp_path):
    with sole_user_of(tmp_path), user_of(tmp_path), user_of(tmp_path):
        refusal = pytest.raises(OwnershipError, match="another process works in this folder")
        with refusal, sole_user_of(tmp_path, time.time() + 0.3):
            pass
    with user_of(tmp_path):
        refusal = pytest.raises(OwnershipError, match="workers of a command that was killed")
        with refusal, sole_user_of(tmp_path, time.time() + 0.3):
            pass
    with sole_user_of(tmp_path):
        pass
