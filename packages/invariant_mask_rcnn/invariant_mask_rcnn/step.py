"""One optimizer step: gradient over all workers, in micro-batches if necessary, and update."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from .loss_term import LossTerm, added
from .samples import TrainingSample
from .workers import StepAgreement, Worker


class ScheduledOptimizer:
    """Optimizer with its schedule, precision and gradient clipping.

    A step is `begin`, then `backward` for each micro-batch, then `step`.

    Args:
        optimizer: optimizer of a model that is already on `device`, with base learning rates.
        factor: factor on all base learning rates at an iteration, from 0.
        device: device of the computation.
        gradient_clip: maximum norm of the whole gradient; None if unlimited.
        half: bfloat16 or float16 for autocast; None for float32.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: Callable[[int], float],
        device: torch.device,
        *,
        gradient_clip: float | None = None,
        half: torch.dtype | None = None,
    ) -> None:
        self.optimizer, self.factor = optimizer, factor
        self.gradient_clip = gradient_clip
        self.device = device
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.half = half
        # Only float16 needs gradient scaling; a disabled scaler passes everything through.
        self.scaler = torch.amp.GradScaler(device.type, enabled=half is torch.float16)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the current step, for the first parameter group."""
        return self.optimizer.param_groups[0]["lr"]

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Context of the forward pass, which sets its precision."""
        return torch.autocast(self.device.type, self.half, enabled=self.half is not None)

    def begin(self, iteration: int) -> None:
        """Set the learning rates of an iteration, from 0, and clear the gradient."""
        factor = self.factor(iteration)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        self.optimizer.zero_grad(set_to_none=True)

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of a part of the step's loss."""
        self.scaler.scale(loss).backward()

    def step(self) -> Tensor:
        """Update the weights.

        Returns:
            Scalar bool on the device: whether training can continue, i.e. whether the gradient is
            finite. With float16, occasional overflows are expected; the scaler skips them, for
            which it waits for the device.
        """
        self.scaler.unscale_(self.optimizer)
        parameters = [part for group in self.optimizer.param_groups for part in group["params"]]
        gradients = [part.grad for part in parameters if part.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.gradient_clip is not None:
            torch.nn.utils.clip_grads_with_norm_(parameters, self.gradient_clip, norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        finite = norm.isfinite()
        return torch.ones_like(finite) if self.scaler.is_enabled() else finite

    def state_dict(self) -> dict[str, Any]:
        """State to save for an exact resume."""
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a `state_dict`; on another kind of device, the scaler is reset.

        Raises:
            ValueError, KeyError: it belongs to another model or optimizer.
        """
        self.optimizer.load_state_dict(state["optimizer"])
        for parameter, content in self.optimizer.state.items():
            for name, value in content.items():
                if isinstance(value, Tensor) and value.shape not in (parameter.shape, ()):
                    raise ValueError(f"{name} has the shape {tuple(value.shape)}")
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])


@dataclass(frozen=True)
class GradientAccumulator:
    """Computation of the gradient of a step's loss.

    A worker's images pass through the model together, or in micro-batches whose gradients are
    accumulated. Both give the same step, since each term of the loss is divided by its count over
    the whole step.
    """

    losses: Callable[[nn.Module, list[TrainingSample]], dict[str, LossTerm]]
    """Function from a module and images to the terms of the loss, by name."""
    counts_are_images: bool
    """Whether each term counts the images. Otherwise, the counts are known only after the forward
    pass, and a step in micro-batches needs an additional one."""
    module: nn.Module
    data_parallel: DistributedDataParallel
    """Module whose gradients are averaged over the workers."""
    worker: Worker
    optimizer: ScheduledOptimizer
    images_per_step: int
    """Batch size over all workers."""
    micro_batch: int | None
    """Maximum number of a worker's images in one forward pass; None for all."""

    def __call__(self, batch: list[TrainingSample], *, stop: bool, save: bool) -> StepAgreement:
        """Accumulate the gradient of this worker's images, and average it over the workers.

        Args:
            batch: this worker's images, on its device.
            stop: whether this worker was asked to stop.
            save: whether it is time to save, by this worker's clock.
        """
        size = self.micro_batch or len(batch)
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        if len(parts) == 1 and not self.counts_are_images:
            terms = self._losses(self.data_parallel, batch)
            agreed = self.worker.agree(terms, stop=stop, save=save)
            self.optimizer.backward(self.worker.loss_to_differentiate(terms, agreed.counts))
            return agreed
        counts = float(self.images_per_step) if self.counts_are_images else self._counts(parts)
        seen: list[dict[str, LossTerm]] = []
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            with contextlib.nullcontext() if last else self.data_parallel.no_sync():
                terms = self._losses(self.data_parallel, part)
                self.optimizer.backward(self.worker.loss_to_differentiate(terms, counts))
            seen.append(
                {name: LossTerm(term.total.detach(), term.count) for name, term in terms.items()}
            )
        return self.worker.agree(added(seen), stop=stop, save=save)

    def _losses(self, module: nn.Module, samples: list[TrainingSample]) -> dict[str, LossTerm]:
        with self.optimizer.autocast():
            return self.losses(module, samples)

    def _counts(self, parts: list[list[TrainingSample]]) -> Tensor:
        """Divisors of the terms, (terms,), known before the first backward pass."""
        with torch.no_grad():
            seen = [self._losses(self.module, part) for part in parts]
        return self.worker.agree(added(seen), stop=False, save=False).counts
