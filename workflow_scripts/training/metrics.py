"""`metrics.jsonl`, TensorBoard's event file, and the progress lines of a training in the log."""

import json
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from plain_commands.console import SECONDS_BETWEEN_LINES, duration, log
from torch.utils.tensorboard import SummaryWriter

from workflow_scripts.contracts.trainings import LossRecord, ValidationScores, read_loss_lines
from workflow_scripts.training.job import TrainingJob
from workflow_scripts.training.origin import now

RECENT_STEPS = 50
"""Number of steps that speeds and logged losses are averaged over."""
FEWEST_STEPS = 10
"""Number of first, slower steps before speed and time left are logged."""
NO_CURVES = "iteration", "iterations", "seconds"
"""Numbers of a line that are not plotted over the iterations."""


class Metrics:
    """Writer of losses: every few iterations to two files, and less often to the log.

    The JSON Lines of an interrupted run are kept up to the iteration at which it resumes.
    TensorBoard's event file is rewritten from them.

    Args:
        job: the training.
        iteration: number of steps already done.
        seconds: time already spent.
    """

    def __init__(self, job: TrainingJob, iteration: int, seconds: float) -> None:
        self.iterations = job.recipe.iterations
        self.images_per_step = job.recipe.images_per_step
        self.every = max(1, min(20, self.iterations // 100))
        self._seconds_before = seconds
        self._started = time.monotonic()
        self._shown = -float("inf")
        self._times: deque[float] = deque([self._started], maxlen=RECENT_STEPS)
        """Start time of the first step, followed by the end time of each step."""
        self._losses: deque[float] = deque(maxlen=RECENT_STEPS)
        earlier = read_loss_lines(job.live_metrics)
        lines = [line for record, line in earlier if record.iteration <= iteration]
        self._stream = _stream_of(job.live_metrics, lines)
        self._events = _events_of(job.files.events, lines)

    @property
    def seconds(self) -> float:
        """Time spent on the run, over all starts."""
        return self._seconds_before + time.monotonic() - self._started

    def add(
        self,
        iteration: int,
        terms: dict[str, float],
        learning_rate: float,
        validation: ValidationScores | None = None,
    ) -> None:
        """Record a step.

        Args:
            iteration: number of steps done, including this one.
            terms: loss by term.
            learning_rate: learning rate of the step.
            validation: scores after the step, if a test was due.
        """
        loss = sum(terms.values())
        self._losses.append(loss)
        self._times.append(time.monotonic())
        last = iteration == self.iterations
        if iteration % self.every == 0 or last or validation:
            record = LossRecord(iteration, self.iterations, loss, round(self.seconds, 3))
            rate = round(self._rate(), 3)
            line = record.line(terms, learning_rate, rate, now(), validation)
            self._stream.write(line + "\n")
            self._stream.flush()
            _add_event(self._events, line)
        if last or time.monotonic() - self._shown >= SECONDS_BETWEEN_LINES:
            self._show(iteration)

    def _rate(self) -> float:
        """Images per second."""
        steps = len(self._times) - 1
        return steps * self.images_per_step / max(1e-9, self._times[-1] - self._times[0])

    def _show(self, iteration: int) -> None:
        self._shown = time.monotonic()
        loss = sum(self._losses) / len(self._losses)
        said = f"iteration {iteration}/{self.iterations}: loss {loss:.3f}"
        if iteration == self.iterations:
            said += f", {self._rate():.1f} img/s, done in {duration(self.seconds)}"
        elif len(self._times) > FEWEST_STEPS:
            left = (self.iterations - iteration) * self.images_per_step / self._rate()
            said += f", {self._rate():.1f} img/s, {duration(left)} left"
        log.info("%s", said)

    def close(self) -> None:
        """Close the files."""
        self._stream.close()
        self._events.close()


def _stream_of(path: Path, lines: list[str]) -> TextIO:
    """File with these lines, opened for appending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("w", encoding="utf-8")
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()
    return stream


def _events_of(folder: Path, lines: list[str]) -> SummaryWriter:
    """Writer of an event file that starts with these lines, in an emptied folder."""
    if (
        folder.is_symlink() or folder.is_file()
    ):  # otherwise the folder would keep another run's events
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    writer = SummaryWriter(str(folder), flush_secs=30)
    for line in lines:
        _add_event(writer, line)
    return writer


def _add_event(writer: SummaryWriter, line: str) -> None:
    record = json.loads(line)
    when = datetime.fromisoformat(record["time"]).timestamp()
    for tag, value in _curves(record):
        writer.add_scalar(tag, value, record["iteration"], walltime=when)


def _curves(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Numbers of a line by name, such as `validation/AP/car`."""
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _curves(value, f"{prefix}{key}/")
        elif isinstance(value, int | float) and key not in NO_CURVES:
            yield prefix + key, value
