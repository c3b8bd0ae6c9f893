"""`training:` the recipe. It determines the result; the hardware is the profile's business."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from workflow_scripts.common.section import Section


class Augmentation(Section):
    """What happens to a training image before the model sees it."""

    shorter_sides: tuple[PositiveInt, ...] = Field((800, 832, 864, 896, 928, 960, 992, 1024))
    """Resize the shorter side to one of these, drawn per image (pixels)."""
    longest_side: PositiveInt = 2048
    """The longer side never exceeds this (pixels)."""
    flip_probability: float = Field(0.5, ge=0, le=1)
    """Mirror an image left to right with this probability."""


class TorchvisionTraining(Section):
    """Mask R-CNN from torchvision, which installs from PyPI alone."""

    engine: Literal["torchvision"]
    """The framework that trains."""
    model: Literal["mask_rcnn_r50_fpn", "tiny"] = "mask_rcnn_r50_fpn"
    """`mask_rcnn_r50_fpn` is the whitepaper's architecture; `tiny` is for CPUs."""
    initialisation: Literal["imagenet", "drawn", "none"] | Path = "imagenet"
    """Weights to start from: `imagenet` (the backbone of `mask_rcnn_r50_fpn`; its first stages stay
    as they are), `drawn` (the backbone of the `tiny` model, pre-trained on other drawn scenes, part
    of this repository), `none` (random; to make such weights), or a file of a backbone's or a
    whole model's weights."""
    initialisation_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Of the file that `initialisation` names; checked before it is loaded."""
    images_per_step: PositiveInt = 4
    """Images a step over all workers; any number of GPUs gives the same."""
    iterations: PositiveInt = 48000
    """Optimizer steps."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """SGD with momentum 0.9, or AdamW."""
    learning_rate: PositiveFloat = 0.005
    """The rate after warm-up."""
    weight_decay: float = Field(0.0001, ge=0)
    """L2 (SGD) or decoupled (AdamW) weight decay."""
    warmup_iterations: NonNegativeInt = 1000
    """The rate rises linearly from a thousandth of its value over this many steps."""
    milestones: tuple[PositiveInt, ...] = (36000,)
    """Steps at which the rate is divided by ten."""
    gradient_clip: PositiveFloat | None = None
    """Clip the gradient's norm to this."""
    mixed_precision: bool = True
    """bfloat16 or float16 autocast on GPUs; CPUs always compute in float32."""
    augmentation: Augmentation = Augmentation()
    """What happens to a training image before the model sees it."""

    @model_validator(mode="after")
    def _steps_fit(self) -> "TorchvisionTraining":
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones: {list(self.milestones)} do not rise")
        if self.milestones and self.milestones[-1] >= self.iterations:
            raise ValueError(
                f"milestones: {self.milestones[-1]} is never reached in "
                f"{self.iterations} iterations"
            )
        if self.model == "tiny" and self.initialisation == "imagenet":
            raise ValueError("initialisation: there are no ImageNet weights for the tiny model")
        if self.model != "tiny" and self.initialisation == "drawn":
            raise ValueError("initialisation: 'drawn' weights exist for the tiny model only")
        if isinstance(self.initialisation, Path) and self.initialisation_sha256 is None:
            raise ValueError("initialisation_sha256: missing; a weights file needs its sha256")
        return self


SET_ELSEWHERE = {
    "CUDNN_BENCHMARK": "has no effect here",
    "DATALOADER": "has no effect here; the profile's threads read the images",
    "DATASETS": "set dataset instead",
    "INPUT.MASK_FORMAT": "has no effect here; masks are bitmaps",
    "INPUT.MAX_SIZE_TEST": "set evaluation.longest_side instead",
    "INPUT.MIN_SIZE_TEST": "set evaluation.shorter_side instead",
    "MODEL.DEVICE": "set the profile's gpu instead",
    "MODEL.ROI_HEADS.NUM_CLASSES": "it follows from the data set's classes",
    "MODEL.ROI_HEADS.SCORE_THRESH_TEST": "set evaluation.score_threshold instead",
    "MODEL.WEIGHTS": "set training.initialisation instead",
    "OUTPUT_DIR": "set experiment instead",
    "SEED": "set seeds instead",
    "SOLVER.AMP": "set training.mixed_precision instead",
    "SOLVER.CHECKPOINT_PERIOD": "has no effect here; the state is saved every few minutes",
    "SOLVER.REFERENCE_WORLD_SIZE": "set training.schedule instead",
    "TEST": "set evaluation instead",
    "VIS_PERIOD": "has no effect here",
}
"""Options of detectron2 (or the start of their keys) that are not set in `options`."""


class Detectron2Training(Section):
    """Any instance segmentation model of detectron2, as its own config file describes it."""

    engine: Literal["detectron2"]
    """The framework that trains."""
    config: str = "Cityscapes/mask_rcnn_R_50_FPN.yaml"
    """A file of detectron2's model zoo by its name there, or the path of a yaml or LazyConfig (.py)
    file of your own."""
    initialisation: Literal["imagenet", "coco", "none"] | Path = "imagenet"
    """Weights to start from: `imagenet` (the backbone), `coco` (a whole model), both downloaded
    from detectron2's zoo; `none` (random), or a file that detectron2 can load."""
    initialisation_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Of the weights file; checked before it is loaded."""
    schedule: Literal["scaled", "fixed", "file"] = "scaled"
    """The file's schedule is for 8 GPUs: `scaled` makes it one for 4 as detectron2 does it (half
    the images and the learning rate, twice the iterations), `fixed` keeps the number of iterations
    (half the images and the learning rate), `file` changes nothing."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the config file to set otherwise, by dotted key: `{SOLVER.BASE_LR: 0.01}`. They
    have the last word, also over `schedule`."""
    mixed_precision: bool = False
    """bfloat16 or float16 autocast on GPUs; CPUs always compute in float32."""
    deterministic: bool = False
    """Only algorithms that repeat bit for bit on GPUs too: slower, and more memory."""

    @model_validator(mode="after")
    def _is_complete(self) -> "Detectron2Training":
        if isinstance(self.initialisation, Path) and self.initialisation_sha256 is None:
            raise ValueError("initialisation_sha256: missing; a weights file needs its sha256")
        for key in self.options:
            for start, advice in SET_ELSEWHERE.items():
                if f"{key}.".startswith(f"{start}."):
                    raise ValueError(f"options.{key}: {advice}")
        return self


Training = Annotated[TorchvisionTraining | Detectron2Training, Field(discriminator="engine")]
"""The recipe, by engine."""
