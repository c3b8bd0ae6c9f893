"""Settings of engine `detectron2`."""

from pathlib import Path
from typing import Any, Literal, Self

from plain_commands.section import Sha256
from pydantic import Field, model_validator

from workflow_scripts.training.engine import EngineSettings

SET_ELSEWHERE = {
    "CUDNN_BENCHMARK": "has no effect here",
    "DATALOADER": "has no effect here; the profile's threads read the images",
    "DATASETS": "set dataset instead",
    "FLOAT32_PRECISION": "has no effect here",
    "INPUT.MASK_FORMAT": "has no effect here; masks are bitmaps",
    "INPUT.MAX_SIZE_TEST": "set evaluation.longest_side instead",
    "INPUT.MIN_SIZE_TEST": "set evaluation.shorter_side instead",
    "MODEL.DEVICE": "set the profile's gpu instead",
    "MODEL.ROI_HEADS.NUM_CLASSES": "it follows from the data set's classes",
    "MODEL.ROI_HEADS.SCORE_THRESH_TEST": "set evaluation.score_threshold instead",
    "MODEL.RETINANET.NUM_CLASSES": "it follows from the data set's classes",
    "MODEL.RETINANET.SCORE_THRESH_TEST": "set evaluation.score_threshold instead",
    "MODEL.WEIGHTS": "set training.initialisation instead",
    "OUTPUT_DIR": "set experiment instead",
    "SEED": "set seeds instead",
    "SOLVER.AMP": "set training.speed instead",
    "SOLVER.CHECKPOINT_PERIOD": "has no effect here; the state is saved every few minutes",
    "SOLVER.REFERENCE_WORLD_SIZE": "set training.schedule instead",
    "TEST": "set evaluation instead",
    "VIS_PERIOD": "has no effect here",
}
"""Options of detectron2 (or prefixes of their keys) that `options` refuses, with the reason."""


class Detectron2Settings(EngineSettings):
    """Any Mask R-CNN of detectron2, or for boxes Faster R-CNN, RetinaNet or FCOS, as its own config
    file describes it.
    """

    engine: Literal["detectron2"]
    """The framework that trains."""
    config: str = "Cityscapes/mask_rcnn_R_50_FPN.yaml"
    """Name of a config in detectron2's model zoo, or path of a yaml or LazyConfig (.py) file. With
    `task: boxes`, a model with a mask head is trained without it."""
    initialisation: Literal["imagenet", "coco", "none"] | Path = "imagenet"
    """Weights to start from: `imagenet` (the backbone), `coco` (a whole model), both downloaded
    from detectron2's zoo; `none` (random), or a file that detectron2 can load."""
    initialisation_sha256: Sha256 | None = None
    """SHA-256 of the weights file, checked before it is loaded."""
    schedule: Literal["scaled", "fixed", "file"] = "scaled"
    """Use of the file's schedule, which is for 8 GPUs: `scaled` adapts it to 4 by detectron2's rule
    (half the images and learning rate, twice the iterations), `fixed` halves images and learning
    rate but keeps the iterations, `file` changes nothing."""
    iterations: int | None = Field(None, gt=0, le=10**9)
    """Number of optimizer steps, overriding the file, `schedule` and `options`; warm-up and
    learning rate drops are scaled in proportion."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Changes to options of the config file, by dotted key: `{SOLVER.BASE_LR: 0.01}`. They override
    `schedule` too."""
    deterministic: bool = False
    """Use only algorithms that repeat bit for bit, also on GPUs; they are slower."""

    @model_validator(mode="after")
    def _check_weights_and_options(self) -> Self:
        if isinstance(self.initialisation, Path) and self.initialisation_sha256 is None:
            raise ValueError("initialisation_sha256: missing; a weights file needs its sha256")
        if not self.learns_masks and self.options.get("MODEL.MASK_ON"):
            raise ValueError("options.MODEL.MASK_ON: true, but the task is boxes; remove it")
        for key in self.options:
            for start, advice in SET_ELSEWHERE.items():
                if f"{key}.".startswith(f"{start}."):
                    raise ValueError(f"options.{key}: {advice}")
        return self

    def shortened(self, iterations: int) -> Self:
        return self.model_copy(update={"iterations": iterations})
