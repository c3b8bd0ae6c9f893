"""Does a training run that was stopped and resumed end with the weights of an uninterrupted one?

`python -m benchmarks.gpu.resume FOLDER SETTINGS GPUS OUTPUT` trains twice on FOLDER's frames, by
the workflow's own command. The second run receives SIGTERM and is started again.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from plain_commands.files import write_json

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord, read_loss_lines
from workflow_scripts.training.checkpoint import TrainedModel

SHARE = 0.3
"""Share of the iterations after which the training run is stopped."""


def resumed(folder: Path, settings: str, gpus: str) -> dict[str, Any]:
    """Train with and without a stop, and compare the weights.

    Returns:
        `equal`, whether all weights are equal bit for bit; `largest_difference` of two weights;
        `resumed_from` and `iterations`.

    Raises:
        RuntimeError: a training run failed, or ended before it could be stopped.
    """
    with tempfile.TemporaryDirectory() as temporary:
        whole, stopped = RunLayout(Path(temporary) / "a"), RunLayout(Path(temporary) / "b")
        _end(_training(folder, settings, gpus, whole), 0)
        process = _training(folder, settings, gpus, stopped)
        iterations = TrainingRecord.read(whole.provenance).iterations
        while process.poll() is None and _iteration(stopped) < SHARE * iterations:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _end(process, EXIT_SAVED)
        _end(_training(folder, settings, gpus, stopped), 0)
        record = TrainingRecord.read(stopped.provenance)
        one, two = (TrainedModel.read(run.checkpoint).model for run in (whole, stopped))
    differences = [float((one[name] - two[name]).abs().max()) for name in one]
    return {
        "equal": all(one[name].equal(two[name]) for name in one) and one.keys() == two.keys(),
        "largest_difference": max(differences),
        "resumed_from": list(record.resumed_from),
        "iterations": iterations,
    }


def _training(folder: Path, settings: str, gpus: str, run: RunLayout) -> subprocess.Popen:
    command = [sys.executable, "-m", "workflow_scripts", "training", "train"]
    data = ["--annotations", folder / "train.coco.json", "--images", folder, "--validation", "{}"]
    options = ["--settings", settings, "--gpus", gpus, "--output", run.folder]
    return subprocess.Popen([*command, *map(str, data), *map(str, options)])


def _iteration(run: RunLayout) -> int:
    return max((record.iteration for record, _ in read_loss_lines(run.state_metrics)), default=0)


def _end(process: subprocess.Popen, expected: int) -> None:
    if (code := process.wait()) != expected:
        raise RuntimeError(f"the training ended with {code} instead of {expected}")


def main(folder: str, settings: str, gpus: str, output: str) -> None:
    """Write the result as JSON."""
    write_json(Path(output), resumed(Path(folder), settings, gpus))


if __name__ == "__main__":
    main(*sys.argv[1:])
