"""Mask R-CNN from torchvision's parts."""

from bisect import bisect_right
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.contracts.settings.training import TorchvisionTraining
from workflow_scripts.training.augment import Augment, augmented, resized, target_size
from workflow_scripts.training.data import Sample
from workflow_scripts.training.engines import Descent, Detections, LossTerm
from workflow_scripts.training.models import r50_fpn, tiny
from workflow_scripts.training.models.mask_rcnn import MaskRcnn

MOMENTUM = 0.9
WARMUP_START = 0.001
MODELS = {"mask_rcnn_r50_fpn": r50_fpn.build, "tiny": tiny.build}


class Engine:
    """See `workflow_scripts.training.engines.Engine`."""

    counts_are_images = False
    against_divergence = (
        "lower training.learning_rate, lengthen training.warmup_iterations, or set "
        "training.gradient_clip"
    )
    config = None

    def __init__(
        self, settings: TorchvisionTraining, classes: int, config: str | None = None
    ) -> None:
        self.settings, self.classes = settings, classes

    def initial_model(self, weights: Path | None) -> MaskRcnn:
        """A model to train."""
        model = MODELS[self.settings.model](self.classes, pretrained=weights is not None)
        if weights is not None:
            load_backbone(model, weights)
        return model.to(memory_format=torch.channels_last).train()

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> MaskRcnn:
        """A model with trained weights."""
        model = MODELS[self.settings.model](self.classes, pretrained=False)
        model.load_state_dict(state)
        model.test_size = (evaluation.shorter_side, evaluation.longest_side)
        model.roi_heads.score_thresh = evaluation.score_threshold
        model.roi_heads.detections_per_img = evaluation.detections_per_image
        return model.to(memory_format=torch.channels_last).eval()

    def augment(self) -> Augment:
        """Resizing and mirroring as the settings say."""
        return partial(augmented, settings=self.settings.augmentation)

    def descent(self, model: nn.Module) -> Descent:
        """The optimizer and its schedule."""
        return Descent(
            optimizer_of(self.settings, model),
            partial(rate_factor, self.settings),
            self.settings.gradient_clip,
        )

    def learner(self, model: nn.Module) -> nn.Module:
        """The model itself."""
        return model

    def losses(self, learner: nn.Module, samples: list[Sample]) -> dict[str, LossTerm]:
        """The parts of the loss; the names are torchvision's."""
        images = [sample.image.float() / 255 for sample in samples]
        return learner(images, [vars(sample) for sample in samples])

    def detect(self, model: MaskRcnn, images: list[np.ndarray]) -> list[Detections]:
        """Find the instances in each image."""
        return [self._detect(model, image) for image in images]

    @torch.inference_mode()
    def _detect(self, model: MaskRcnn, image: np.ndarray) -> Detections:
        height, width = image.shape[:2]
        small = resized(image, *target_size(height, width, *model.test_size))
        device = next(model.parameters()).device
        pixels = torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1))).to(device)
        (found,) = model([pixels.float() / 255])
        scale = (width / small.shape[1], height / small.shape[0])
        return Detections(
            boxes=found["boxes"].cpu().numpy() * np.tile(np.float32(scale), 2),
            scores=found["scores"].cpu().numpy(),
            labels=found["labels"].cpu().numpy(),
            masks=found["masks"][:, 0].cpu().numpy(),
        )


def optimizer_of(settings: TorchvisionTraining, model: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of what learns; weight decay spares biases and norms."""
    parameters = [part for part in model.parameters() if part.requires_grad]
    groups = [
        {
            "params": [part for part in parameters if part.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [part for part in parameters if part.ndim <= 1], "weight_decay": 0.0},
    ]
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=MOMENTUM)
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def rate_factor(settings: TorchvisionTraining, iteration: int) -> float:
    """The factor of a step (from 0 on): a linear rise, then a tenth after each milestone."""
    factor = 0.1 ** bisect_right(settings.milestones, iteration)
    if iteration >= settings.warmup_iterations:
        return factor
    done = iteration / settings.warmup_iterations
    return factor * (WARMUP_START + (1 - WARMUP_START) * done)


def load_backbone(model: MaskRcnn, path: Path) -> None:
    """Fill the backbone (and whatever else fits) from a file of weights.

    Takes a classifier's weights (`layer1.0.conv1.weight`, …: the body), an export of this
    project, or a whole detector's (`backbone.body.…`, heads too where the classes agree).

    Raises:
        UserError: it is not such a file, or a weight of the body is not in it.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        weights = dict(content.get("model", content))
    except Exception as error:  # torch.load raises many kinds, for many kinds of files
        raise UserError(f"{path}: not a file of weights ({error})") from None
    if not any(name.startswith("backbone.") for name in weights):
        weights = {f"backbone.body.{name}": value for name, value in weights.items()}
    own = model.state_dict()
    fitting = {
        name: value.to(own[name].dtype)
        for name, value in weights.items()
        if name in own and value.shape == own[name].shape
    }
    lacking = [name for name in own if name.startswith("backbone.body.") and name not in fitting]
    if lacking:
        raise UserError(f"{path}: no weights for {lacking[0]}; it belongs to another model")
    model.load_state_dict(fitting, strict=False)
