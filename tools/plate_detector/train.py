"""`train`: training of the network on drawn crops."""

import time
from pathlib import Path

import cv2
import numpy as np
import torch
from plain_commands.console import duration, log
from plain_commands.errors import UserError
from plain_commands.files import atomic
from plain_commands.section import Section
from pydantic import Field

from tools.plate_detector.crops import TrainingCrop, TrainingCrops
from tools.plate_detector.net import PlateNet
from tools.plate_detector.start import net_of
from tools.plate_detector.targets import CORNER_WEIGHT, loss_of, target_of
from workflow_scripts.common.cli import File, Settings, Threads


class TrainingSettings(Section):
    """Settings that determine the weights."""

    seed: int = Field(0, ge=0)
    """Seed of the crops and of the initial weights."""
    steps: int = Field(2680, ge=1)
    """Number of batches."""
    batch: int = Field(32, ge=1)
    """Number of crops per step."""
    learning_rate: float = Field(0.002, gt=0)
    """Learning rate of AdamW after 100 warm-up steps, decaying to zero over the last 40 %."""
    scene_share: float = Field(0.2, ge=0, le=1)
    """Share of crops from whole drawn scenes."""
    half_precision: bool = True
    """Whether to compute in bfloat16, about twice as fast on processors that support it."""


class PlateTraining:
    """Training run of the network.

    Attributes:
        net: the network being trained.
        average: its weights averaged over about the last 300 steps, which are exported.
        step: number of completed steps.
    """

    def __init__(self, settings: TrainingSettings, start: Path | None = None) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.crops = TrainingCrops(settings.seed, settings.scene_share)
        if start is None:
            self.net = PlateNet()
        else:
            self.net = net_of(start, images_of([self.crops[number] for number in range(256)]))
        self.net.to(memory_format=torch.channels_last).train()
        self.average = {name: value.clone() for name, value in self.net.state_dict().items()}
        self.optimizer = torch.optim.AdamW(self.net.parameters(), weight_decay=0.01)
        self.step = 0

    def advance(self) -> tuple[float, float]:
        """Take one step; returns the losses of heat map and corners."""
        count = self.settings.batch
        batch = [self.crops[self.step * count + number] for number in range(count)]
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.half_precision):
            answer = self.net(images_of(batch))
        heat, corners = loss_of(answer, target_of(batch))
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        self.optimizer.zero_grad()
        (heat + CORNER_WEIGHT * corners).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self._average()
        return heat.item(), corners.item()

    def _rate(self) -> float:
        left = 1 - self.step / self.settings.steps
        return self.settings.learning_rate * min((self.step + 1) / 100, left / 0.4, 1)

    def _average(self) -> None:
        share = max(1 / 300, 1 / (self.step + 1))
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, share)
            else:
                self.average[name].copy_(value)

    def write(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        state = {
            "settings": self.settings.model_dump(),
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        with atomic(path) as temporary:
            torch.save(state, temporary)

    def read(self, path: Path) -> None:
        """Resume from a checkpoint.

        Raises:
            UserError: the checkpoint belongs to other settings.
        """
        state = read_checkpoint(path)
        if state["settings"] != self.settings.model_dump():
            raise UserError(f"{path}: of a training with other settings; name another --output")
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])


def images_of(crops: list[TrainingCrop]) -> torch.Tensor:
    """Images of crops, (n, 3, h, w) float32, 0 to 255."""
    stacked = np.stack([crop.image for crop in crops])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).float()


def read_checkpoint(path: Path) -> dict:
    """Content of a checkpoint.

    Raises:
        UserError: the file is missing or not a checkpoint.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except Exception as error:  # torch raises many types for files that are not its own
        raise UserError(f"{path}: not a checkpoint ({type(error).__name__})") from None
    if not isinstance(state, dict) or "average" not in state:
        raise UserError(f"{path}: not a checkpoint of the plate detector")
    return state


def train(
    *,
    settings: Settings[TrainingSettings],
    output: File,
    start: File | None = None,
    threads: Threads = 1,
) -> None:
    """Train the network on crops that are drawn during training.

    The same settings give the same weights on the same machine. An interrupted run resumes from its
    last checkpoint.

    Args:
        output: the checkpoint; an existing one is resumed.
        start: an exported network (ONNX) to train further (default: random weights).
    """
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    trainer = PlateTraining(settings, None if output.exists() else start)
    if output.exists():
        trainer.read(output)
        log.info("resuming after step %d", trainer.step)
    started, first = time.monotonic(), trainer.step
    losses: list[tuple[float, float]] = []
    while trainer.step < settings.steps:
        losses.append(trainer.advance())
        if trainer.step % 20 == 0 or trainer.step == settings.steps:
            heat, corners = np.mean(losses, axis=0)
            losses.clear()
            pace = (time.monotonic() - started) / (trainer.step - first)
            left = duration(pace * (settings.steps - trainer.step))
            log.info(
                "step %d/%d: heat %.3f, corners %.4f, %.2f s a step, %s left",
                trainer.step, settings.steps, heat, corners, pace, left,
            )  # fmt: skip
        if trainer.step % 100 == 0:
            trainer.write(output)
    trainer.write(output)
