"""`metrics.jsonl`, and the line that says how far a training is."""

import json
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from workflow_scripts.common.console import SECONDS_BETWEEN_LINES, duration, log

RECENT_STEPS = 50
"""Rates and the shown loss are over this many steps."""


class Metrics:
    """Writes a line every few iterations, as JSON to a file and now and then to the log.

    Args:
        path: of the file; lines beyond `iteration` (of an interrupted run) are dropped from it.
        iteration: steps done before.
        iterations: steps in all.
        images_per_step: over all workers.
        seconds: spent before.
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
        """Spent on the run, over all starts."""
        return self._seconds_before + time.monotonic() - self._started

    def add(self, iteration: int, parts: dict[str, float], learning_rate: float) -> None:
        """Note a step.

        Args:
            iteration: steps done, this one included.
            parts: of the loss.
            learning_rate: of the step.
        """
        self._recent.append((time.monotonic(), sum(parts.values())))
        last = iteration == self.iterations
        if iteration % self.every == 0 or last:
            line = {
                "iteration": iteration,
                "iterations": self.iterations,
                "loss": sum(parts.values()),
                **parts,
                "learning_rate": learning_rate,
                "images_per_second": round(self._rate(), 3),
                "seconds": round(self.seconds, 3),
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        if last or time.monotonic() - self._shown >= SECONDS_BETWEEN_LINES:
            self._show(iteration)

    def _rate(self) -> float:
        """Images a second."""
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


def _opened_at(path: Path, iteration: int):
    """The file, open for writing after its lines up to an iteration."""
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            if json.loads(line)["iteration"] > iteration:
                break
        except ValueError:  # the last line of a killed process may be a part of one
            break
        kept.append(line + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("w", encoding="utf-8")
    stream.writelines(kept)
    stream.flush()
    return stream
