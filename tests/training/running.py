"""Running a training in this process, or as the command."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from invariant_mask_rcnn.workers import Worker
from plain_commands.files import read_json

from tests import preloaded
from workflow_scripts.training.checkpoint import TrainedModel
from workflow_scripts.training.job import Rendezvous, TrainingJob, TrainingOutcome
from workflow_scripts.training.loop import TrainingRun, train

ROOT = Path(__file__).resolve().parents[2]


def run_here(job: TrainingJob, stop: Callable[[], bool] = lambda: False) -> TrainingOutcome:
    """Train in this process as the only worker."""
    with tempfile.TemporaryDirectory() as folder:
        return train(job, 0, Rendezvous(Path(folder)), stop)


def initial_weights(job: TrainingJob) -> dict[str, torch.Tensor]:
    """Weights of a training before its first step."""
    job.checkpoints.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Worker.joined(0, 1, Path(folder) / "group", on_gpu=False) as worker,
    ):
        return dict(TrainingRun(job, worker).model.state_dict())


def check_one_initialisation(job: TrainingJob, folder: Path) -> None:
    """Check that runs of one initialisation start from equal weights, and end with others.

    Args:
        job: a short training with seed 0.
        folder: for the outputs.
    """
    first, second = (
        replace(job, seed=seed, other_initialisation=0, output=folder / f"shared {seed}")
        for seed in (0, 1)
    )
    start, same, other = map(initial_weights, (first, second, replace(job, seed=1)))
    random = [name for name in start if not torch.equal(start[name], other[name])]
    assert random
    assert all(torch.equal(start[name], same[name]) for name in start)

    # Without a seed of its own, the first run is what it was.
    assert first.identity == job.identity != second.identity != replace(job, seed=1).identity
    for run in (job, first, second):
        run_here(run)
    assert hash_of_weights(first.output) == hash_of_weights(job.output)
    assert hash_of_weights(second.output) != hash_of_weights(job.output)
    losses = [metrics_of(run.output)[0]["loss"] for run in (first, second)]
    assert losses[0] != losses[1]  # of other images, or otherwise augmented ones
    record = read_json(second.output / "run.json")
    assert (record["training_seed"], record["initialisation_seed"]) == (1, 0)


def stop_after(iterations: int) -> Callable[[], bool]:
    """A request to stop that comes in a given iteration, from 1 on."""
    calls = iter(range(1, 10**6))
    return lambda: next(calls) >= iterations


def hash_of_weights(output: Path) -> str:
    """SHA-256 over the names and bytes of the final weights."""
    digest = hashlib.sha256()
    for name, value in sorted(TrainedModel.read(output / "model_final.pth").model.items()):
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def metrics_of(output: Path) -> list[dict]:
    """The lines of a finished run's `metrics.jsonl`."""
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


def command_of(job: TrainingJob, *extra: str) -> list[str]:
    """The command line that trains a job."""
    return [
        *(sys.executable, "-m", "workflow_scripts.training", "train"),
        *("--settings", job.settings.model_dump_json()),
        *("--annotations", str(job.annotations), "--images", str(job.images)),
        *("--output", str(job.output), "--seed", str(job.seed), "--fingerprint", job.fingerprint),
        *("--threads", str(job.threads), "--workers", str(job.workers), *extra),
    ]


def start_fork(job: TrainingJob) -> subprocess.Popen:
    """Start the command, without the time that its processes take to start; signals reach none."""
    environment = {**os.environ, **preloaded.forked()}
    command = [environment[preloaded.PYTHON], *command_of(job)[1:]]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def start(job: TrainingJob, *extra: str, most_bytes: int | None = None) -> subprocess.Popen:
    """Start the command; `most_bytes` limits the size of a file, as a disk that is nearly full."""
    command = command_of(job, *extra)
    if most_bytes is not None:
        command = ["bash", "-c", f'ulimit -f {most_bytes // 1024}; exec "$@"', "bash", *command]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def run(job: TrainingJob, *extra: str) -> subprocess.CompletedProcess:
    """Run the command to its end, without the time that its processes take to start."""
    return preloaded.run(command_of(job, *extra)[2:], ROOT, together=False)


def wait_for_message(training: subprocess.Popen, job: TrainingJob, message: str) -> None:
    """Wait, however long it takes, until rank 0 of a running training has logged a message."""
    log = job.log_of(0)
    while not (log.is_file() and message in log.read_text()):
        if training.poll() is not None:
            raise AssertionError(f"ended without {message!r}: {training.communicate()[1]}")
        time.sleep(0.05)


def check_killed_stopped_and_continued(job: TrainingJob, reference: Path, last: Callable) -> None:
    """Kill a training, stop it, let it end, and compare its weights with an uninterrupted run's.

    Args:
        job: a training of more iterations than it can do before it is killed or stopped.
        reference: output folder of the uninterrupted run.
        last: gives the job as many iterations as its argument says.
    """
    killed = start(job, "--checkpoint-seconds", "0.001")
    wait_for_message(killed, job, "iteration 1/")
    killed.kill()
    killed.communicate()

    stopped = start(job)
    wait_for_message(stopped, job, "resuming at iteration")
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate()
    assert stopped.returncode == 75, said
    assert "received SIGTERM" in said
    assert "run again to resume" in said

    done = int(re.findall(r"saved at iteration (\d+) of", said)[0])
    job = last(job, done + 1)
    run_here(replace(job, output=reference))
    ended = run(job)
    assert ended.returncode == 0, ended.stderr
    assert f"iteration {done + 1}/{done + 1}" in ended.stderr
    assert hash_of_weights(job.output) == hash_of_weights(reference)
    assert len(read_json(job.output / "run.json")["resumed_from"]) == 2
