"""`metrics.jsonl`, and the progress line of a training in the log."""

import time
from collections import deque
from pathlib import Path
from typing import TextIO

from plain_commands.console import SECONDS_BETWEEN_LINES, duration, log

from workflow_scripts.contracts.trainings import LossRecord, read_loss_lines
from workflow_scripts.training.provenance import now

RECENT_STEPS = 50
"""Number of steps that rates and the shown loss are averaged over."""


class Metrics:
    """Writer of losses: every few iterations to a JSON Lines file, now and then to the log.

    Args:
        path: the file, whose lines after `iteration` (from an interrupted run) are dropped.
        iteration: number of steps done before.
        iterations: number of steps in all.
        images_per_step: batch size over all workers.
        seconds: time spent before.
    """

    def __init__(
        self, path: Path, iteration: int, iterations: int, images_per_step: int, seconds: float
    ) -> None:
        self.iterations = iterations
        self.images_per_step = images_per_step
        self.every = max(1, min(20, iterations // 100))
        self._seconds_before = seconds
        self._started = time.monotonic()
        self._shown = -float("inf")
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT_STEPS)
        self._stream = _opened_at(path, iteration)

    @property
    def seconds(self) -> float:
        """Time spent on the run, over all starts."""
        return self._seconds_before + time.monotonic() - self._started

    def add(self, iteration: int, terms: dict[str, float], learning_rate: float) -> None:
        """Record a step.

        Args:
            iteration: number of steps done, this one included.
            terms: loss by term.
            learning_rate: learning rate of the step.
        """
        self._recent.append((time.monotonic(), sum(terms.values())))
        last = iteration == self.iterations
        if iteration % self.every == 0 or last:
            loss = sum(terms.values())
            record = LossRecord(iteration, self.iterations, loss, round(self.seconds, 3))
            line = record.line(terms, learning_rate, round(self._rate(), 3), now())
            self._stream.write(line + "\n")
            self._stream.flush()
        if last or time.monotonic() - self._shown >= SECONDS_BETWEEN_LINES:
            self._show(iteration)

    def _rate(self) -> float:
        """Images per second."""
        begun = self._recent[0][0] if len(self._recent) > 1 else self._started
        steps = max(1, len(self._recent) - 1)
        return steps * self.images_per_step / max(1e-9, self._recent[-1][0] - begun)

    def _show(self, iteration: int) -> None:
        self._shown = time.monotonic()
        loss = sum(loss for _, loss in self._recent) / len(self._recent)
        left = (self.iterations - iteration) * self.images_per_step / self._rate()
        log.info(
            "iteration %d/%d: loss %.3f, %.1f img/s, %s",
            iteration,
            self.iterations,
            loss,
            self._rate(),
            f"{duration(left)} left" if left else f"done in {duration(self.seconds)}",
        )

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _opened_at(path: Path, iteration: int) -> TextIO:
    """File open for writing after its lines up to an iteration."""
    lines = [line for record, line in read_loss_lines(path) if record.iteration <= iteration]
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("w", encoding="utf-8")
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()
    return stream
