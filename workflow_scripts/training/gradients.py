"""The gradient of one step, over all workers, in as many parts as fit into memory."""

import contextlib
import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from workflow_scripts.training.data import Sample
from workflow_scripts.training.engines import Engine, LossTerm
from workflow_scripts.training.optimisation import Optimisation
from workflow_scripts.training.workers import Agreement, Worker

DIVERGED = 1000.0
"""No training recovers from a loss beyond this; a random start has one of about 10."""


class DivergenceError(ArithmeticError):
    """The loss is not finite, or far too large; the message says which."""


@dataclass(frozen=True)
class Gradients:
    """Computes the gradient of a step's loss.

    A worker's images pass through the model together, or a few at a time with the gradients
    accumulated. Both give the same step, since each term of the loss is divided by what it counts
    over the whole step.
    """

    engine: Engine
    learner: nn.Module
    parallel: DistributedDataParallel
    """The learner, with its gradients averaged over the workers."""
    worker: Worker
    optimisation: Optimisation
    images_per_step: int
    """Over all workers."""
    images_at_once: int | None
    """At most so many of a worker's images at a time; None for all."""

    def __call__(self, batch: list[Sample], *, stop: bool, save: bool) -> Agreement:
        """Add up the gradient of this worker's images, and average it over the workers.

        Args:
            batch: this worker's images, on its device.
            stop: this worker was asked to stop.
            save: it is time to save, by this worker's clock.

        Raises:
            DivergenceError: the loss is not finite, or far too large.
        """
        size = self.images_at_once or len(batch)
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        if len(parts) == 1:
            terms = self._losses(self.parallel, batch)
            agreed = self.worker.agree(terms, stop=stop, save=save)
            _refuse_divergence(agreed)
            self.optimisation.backward(self.worker.share_of_loss(terms, agreed.counts))
            return agreed
        counts = self._counts(parts)
        seen: list[dict[str, LossTerm]] = []
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            with contextlib.nullcontext() if last else self.parallel.no_sync():
                terms = self._losses(self.parallel, part)
                divisors = counts or dict.fromkeys(terms, float(self.images_per_step))
                self.optimisation.backward(self.worker.share_of_loss(terms, divisors))
            seen.append({name: _detached(term) for name, term in terms.items()})
        agreed = self.worker.agree(_added(seen), stop=stop, save=save)
        _refuse_divergence(agreed)
        return agreed

    def _losses(self, learner: nn.Module, samples: list[Sample]) -> dict[str, LossTerm]:
        with self.optimisation.autocast():
            return self.engine.losses(learner, samples)

    def _counts(self, parts: list[list[Sample]]) -> dict[str, float]:
        """What the terms are divided by, known before the first of them; empty for images."""
        if self.engine.counts_are_images:
            return {}
        with torch.no_grad():
            seen = [self._losses(self.learner, part) for part in parts]
        return self.worker.agree(_added(seen), stop=False, save=False).counts


def _detached(term: LossTerm) -> LossTerm:
    return LossTerm(term.total.detach(), term.count)


def _added(parts: list[dict[str, LossTerm]]) -> dict[str, LossTerm]:
    return {
        name: LossTerm(sum(part[name].total for part in parts), sum(p[name].count for p in parts))
        for name in parts[0]
    }


def _refuse_divergence(agreed: Agreement) -> None:
    loss = sum(agreed.parts.values())
    if not math.isfinite(loss) or loss > DIVERGED:
        parts = ", ".join(f"{name} {value:.3g}" for name, value in agreed.parts.items())
        raise DivergenceError(f"the loss is {loss:.3g} ({parts})")
