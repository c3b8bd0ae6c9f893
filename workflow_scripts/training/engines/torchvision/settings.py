"""Settings of engine `torchvision`."""

from pathlib import Path
from typing import Any, Literal, Self

from plain_commands.section import Pixels, Section, Sha256
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from workflow_scripts.contracts.tasks import Task
from workflow_scripts.training.engine import EngineSettings

OF_BOXES = "faster_rcnn_r50_fpn"
"""Model without masks."""


class Augmentation(Section):
    """Random changes of a training image before the model sees it."""

    shorter_sides: tuple[Pixels, ...] = Field(
        (800, 832, 864, 896, 928, 960, 992, 1024), min_length=1
    )
    """Lengths (pixels) for the shorter side; one is drawn per image."""
    longest_side: Pixels = 2048
    """Maximum length of the longer side (pixels)."""
    flip_probability: float = Field(0.5, ge=0, le=1)
    """Probability that an image is mirrored left to right."""


class TorchvisionSettings(EngineSettings):
    """Mask R-CNN and Faster R-CNN from torchvision, which installs from PyPI alone."""

    engine: Literal["torchvision"]
    """The framework that trains."""
    model: Literal["mask_rcnn_r50_fpn", "faster_rcnn_r50_fpn", "tiny"] = "mask_rcnn_r50_fpn"
    """`mask_rcnn_r50_fpn` is the whitepaper's architecture; `faster_rcnn_r50_fpn` is the same
    without masks, and the default for `task: boxes`; `tiny` is for CPUs, with or without masks."""
    initialisation: Literal["imagenet", "drawn", "none"] | Path = "imagenet"
    """Weights to start from: `imagenet` (the backbone of the models on a ResNet-50; its first
    stages stay as they are), `drawn` (the backbone of the `tiny` model, pre-trained on other drawn
    scenes, part of this repository), `none` (random), or a file with the weights of a backbone or
    of a whole model."""
    initialisation_sha256: Sha256 | None = None
    """SHA-256 of the file that `initialisation` names, checked before it is loaded."""
    images_per_step: int = Field(4, gt=0, le=10_000)
    """Batch size over all GPUs; the number of GPUs does not change the result."""
    iterations: int = Field(48000, gt=0, le=10**9)
    """Optimizer steps."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """SGD with momentum 0.9, or AdamW."""
    learning_rate: float = Field(0.005, gt=0, le=100)
    """Learning rate after warm-up."""
    weight_decay: float = Field(0.0001, ge=0, le=100)
    """L2 (SGD) or decoupled (AdamW) weight decay."""
    warmup_iterations: NonNegativeInt = 1000
    """Steps over which the learning rate rises linearly from a thousandth of its value."""
    milestones: tuple[PositiveInt, ...] | None = None
    """Steps at which the learning rate is divided by ten; default: once, after three quarters of
    the iterations."""
    gradient_clip: PositiveFloat | None = None
    """Maximum norm of the gradient; null if unlimited."""
    deterministic: bool = False
    """Use only algorithms that repeat bit for bit, also on GPUs; they are slower."""
    augmentation: Augmentation = Augmentation()
    """Random changes of a training image before the model sees it."""

    @model_validator(mode="before")
    @classmethod
    def _boxes_have_their_model(cls, content: Any) -> Any:
        if isinstance(content, dict) and content.get("task") == Task.BOXES:
            return {"model": OF_BOXES, **content}
        return content

    @model_validator(mode="after")
    def _model_fits_the_task(self) -> Self:
        if self.model != "tiny" and (self.model == OF_BOXES) is self.learns_masks:
            other = TorchvisionSettings.model_fields["model"].default
            raise ValueError(
                f"model: {self.model} learns {'boxes only' if self.learns_masks else 'masks'}, but "
                f"the task is {self.task}; take {other if self.learns_masks else OF_BOXES}, or "
                "another task"
            )
        return self

    @model_validator(mode="after")
    def _check_schedule_and_weights(self) -> Self:
        if list(self.milestones or ()) != sorted(set(self.milestones or ())):
            raise ValueError(
                f"milestones: {list(self.milestones or ())} are not in ascending order"
            )
        if self.model == "tiny" and self.initialisation == "imagenet":
            raise ValueError("initialisation: there are no ImageNet weights for the tiny model")
        if self.model != "tiny" and self.initialisation == "drawn":
            raise ValueError("initialisation: 'drawn' weights exist for the tiny model only")
        if isinstance(self.initialisation, Path) and self.initialisation_sha256 is None:
            raise ValueError("initialisation_sha256: missing; a weights file needs its sha256")
        return self

    def shortened(self, iterations: int) -> Self:
        share = iterations / self.iterations
        milestones = self.milestones and tuple(
            sorted({max(1, round(step * share)) for step in self.milestones})
        )
        return self.model_copy(
            update={
                "iterations": iterations,
                "warmup_iterations": round(self.warmup_iterations * share),
                "milestones": milestones,
            }
        )

    @property
    def rate_drops(self) -> tuple[int, ...]:
        """Steps at which the learning rate is divided by ten."""
        return (max(1, self.iterations * 3 // 4),) if self.milestones is None else self.milestones
