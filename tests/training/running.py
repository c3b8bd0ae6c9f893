"""Running a training in this process, or as the command."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workflow_scripts.training.checkpoint import TrainedModel
from workflow_scripts.training.job import Rendezvous, TrainingJob, TrainingOutcome
from workflow_scripts.training.loop import train

ROOT = Path(__file__).resolve().parents[2]


def run_here(job: TrainingJob, stop: Callable[[], bool] = lambda: False) -> TrainingOutcome:
    """Train in this process as the only worker."""
    with tempfile.TemporaryDirectory() as folder:
        return train(job, 0, Rendezvous(Path(folder)), stop)


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


def start(job: TrainingJob, *extra: str) -> subprocess.Popen:
    """Start the command."""
    return subprocess.Popen(command_of(job, *extra), cwd=ROOT, stderr=subprocess.PIPE, text=True)


def run(job: TrainingJob, *extra: str) -> subprocess.CompletedProcess:
    """Run the command to its end."""
    return subprocess.run(
        command_of(job, *extra), cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False
    )


def wait_for_iteration(job: TrainingJob, iteration: int, seconds: float = 1800) -> None:
    """Wait until a running training has done so many iterations."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lines = job.live_metrics.read_text() if job.live_metrics.is_file() else ""
        if lines.count("\n") >= iteration:
            return
        time.sleep(0.02)
    raise AssertionError(f"no iteration {iteration} within {seconds} s")
