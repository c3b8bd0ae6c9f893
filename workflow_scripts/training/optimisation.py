"""The optimizer, its learning rate, and the precision that it computes in."""

import contextlib
import math
from bisect import bisect_right
from typing import Any

import torch
from torch import Tensor, nn

from workflow_scripts.config.training import TorchvisionTraining

MOMENTUM = 0.9
WARMUP_START = 0.001


def learning_rate(settings: TorchvisionTraining, iteration: int) -> float:
    """The rate of a step (from 0 on): a linear rise, then a tenth after each milestone."""
    rate = settings.learning_rate * 0.1 ** bisect_right(settings.milestones, iteration)
    if iteration >= settings.warmup_iterations:
        return rate
    done = iteration / settings.warmup_iterations
    return rate * (WARMUP_START + (1 - WARMUP_START) * done)


class Optimisation:
    """Takes one step at a time. Weight decay spares biases and norms."""

    def __init__(self, settings: TorchvisionTraining, model: nn.Module, device: torch.device):
        self.settings = settings
        self.device = device
        self.parameters = [part for part in model.parameters() if part.requires_grad]
        groups = [
            {
                "params": [part for part in self.parameters if part.ndim > 1],
                "weight_decay": settings.weight_decay,
            },
            {"params": [part for part in self.parameters if part.ndim <= 1], "weight_decay": 0.0},
        ]
        if settings.optimizer == "sgd":
            self.optimizer = torch.optim.SGD(groups, lr=settings.learning_rate, momentum=MOMENTUM)
        else:
            self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.mixed = settings.mixed_precision and device.type == "cuda"
        self.dtype = torch.float16
        if self.mixed and torch.cuda.is_bf16_supported(including_emulation=False):
            self.dtype = torch.bfloat16
        # Only float16 needs its gradients scaled; a scaler that is off passes everything through.
        self.scaler = torch.amp.GradScaler(
            "cuda", enabled=self.mixed and self.dtype is torch.float16
        )

    def autocast(self) -> contextlib.AbstractContextManager:
        """The precision to compute losses in."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.mixed)

    def step(self, loss: Tensor, iteration: int) -> bool:
        """Update the weights; returns False, and leaves them, if a gradient is not finite.

        (With float16, gradients that overflow now and then are expected: the scaler skips them.)
        """
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, iteration)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        norm = torch.nn.utils.clip_grad_norm_(
            self.parameters, self.settings.gradient_clip or math.inf
        )
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
