"""Taking steps: learning rates, the precision that is computed in, and the gradient's norm."""

import contextlib
import math
from typing import Any

import torch
from torch import Tensor

from workflow_scripts.training.engines import Descent


class Optimisation:
    """Takes one step at a time: `begin`, then `backward` for each part of it, then `step`.

    Args:
        descent: of the model, which is on `device` already.
        device: to compute on.
        mixed_precision: compute in half precision where the device is a GPU.
    """

    def __init__(self, descent: Descent, device: torch.device, *, mixed_precision: bool) -> None:
        self.optimizer, self.factor = descent.optimizer, descent.factor
        self.gradient_clip = descent.gradient_clip
        self.device = device
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.mixed = mixed_precision and device.type == "cuda"
        self.dtype = torch.float16
        if self.mixed and torch.cuda.is_bf16_supported(including_emulation=False):
            self.dtype = torch.bfloat16
        # Only float16 needs its gradients scaled; a scaler that is off passes everything through.
        self.scaler = torch.amp.GradScaler(
            "cuda", enabled=self.mixed and self.dtype is torch.float16
        )

    @property
    def learning_rate(self) -> float:
        """Of the step that has begun, for the first group of weights."""
        return self.optimizer.param_groups[0]["lr"]

    def autocast(self) -> contextlib.AbstractContextManager:
        """The precision to compute losses in."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.mixed)

    def begin(self, iteration: int) -> None:
        """Set the learning rates of a step (from 0 on), and forget the last gradient."""
        factor = self.factor(iteration)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        self.optimizer.zero_grad(set_to_none=True)

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of a part of the step's loss."""
        self.scaler.scale(loss).backward()

    def step(self) -> bool:
        """Update the weights; returns False, and leaves them, if a gradient is not finite.

        (With float16, gradients that overflow now and then are expected: the scaler skips them.)
        """
        self.scaler.unscale_(self.optimizer)
        parameters = [part for group in self.optimizer.param_groups for part in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.gradient_clip or math.inf)
        if not self.scaler.is_enabled() and not norm.isfinite():
            return False
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return True

    def state_dict(self) -> dict[str, Any]:
        """What has to be saved to go on exactly."""
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`; on another kind of device the scaler starts anew."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
