"""Numbers of the last steps, read without waiting for the device."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .workers import StepAgreement

DIVERGED = 1000.0
"""Loss beyond which no training recovers; with random weights it is about 10."""


class DivergenceError(ArithmeticError):
    """The loss or its gradient is not finite, or the loss is far too large (see the message)."""


@dataclass(frozen=True)
class StepReading:
    """Numbers of one step; the same on all ranks."""

    iteration: int
    """Number of completed steps, including this one."""
    learning_rate: float
    loss: dict[str, float]
    """Loss over all workers' images, by term."""
    gradient_is_finite: bool
    stop: bool
    """Whether some worker was asked to stop."""
    save: bool
    """Whether it is time to save the state."""

    def refuse_divergence(self) -> None:
        """Check that the training can continue.

        Raises:
            DivergenceError: it cannot.
        """
        loss = sum(self.loss.values())
        if not math.isfinite(loss) or loss > DIVERGED:
            terms = ", ".join(f"{name} {value:.3g}" for name, value in self.loss.items())
            raise DivergenceError(f"the loss is {loss:.3g} ({terms})")
        if not self.gradient_is_finite:
            raise DivergenceError("its gradient is not finite")


@dataclass(frozen=True)
class _Copy:
    """Numbers being copied from the device."""

    iteration: int
    learning_rate: float
    terms: tuple[str, ...]
    numbers: Tensor
    arrived: Any
    """Event after the copy; None on CPUs."""


class StepReadings:
    """Numbers of steps, each read after the next step has been submitted.

    This way, a GPU has work while this process waits for a number, and never waits for this
    process. On a CPU, where nothing runs in the background, a step is read at once.

    Args:
        device: device of the computation.
        late: number of steps that may be unread; by default one on GPUs.
    """

    def __init__(self, device: torch.device, late: int | None = None) -> None:
        self.late = (1 if device.type == "cuda" else 0) if late is None else late
        self._unread: deque[_Copy] = deque()

    def add(
        self, iteration: int, learning_rate: float, agreed: StepAgreement, finite: Tensor
    ) -> None:
        """Start to copy a step's numbers to this process.

        Args:
            iteration: number of completed steps, including this one.
            learning_rate: learning rate of the step.
            agreed: loss and decisions that all workers agreed on.
            finite: scalar bool, whether the gradient is finite.
        """
        numbers = torch.cat((agreed.loss, agreed.flags, finite[None].double()))
        # To page-locked memory, which torch uses for asynchronous copies.
        copied = numbers.to("cpu", non_blocking=True)
        arrived = None
        if numbers.is_cuda:
            arrived = torch.cuda.Event()
            arrived.record()
        self._unread.append(_Copy(iteration, learning_rate, agreed.terms, copied, arrived))

    def read(self, *, everything: bool = False) -> list[StepReading]:
        """Steps not read before, in order: all but the latest few, or all of them."""
        left = 0 if everything else self.late
        return [self._next() for _ in range(len(self._unread) - left)]

    def _next(self) -> StepReading:
        copy = self._unread.popleft()
        if copy.arrived is not None:
            copy.arrived.synchronize()
        *loss, stop, save, finite = copy.numbers.tolist()
        return StepReading(
            iteration=copy.iteration,
            learning_rate=copy.learning_rate,
            loss=dict(zip(copy.terms, loss, strict=True)),
            gradient_is_finite=bool(finite),
            stop=bool(stop),
            save=bool(save),
        )
