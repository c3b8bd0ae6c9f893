"""Engine `torchvision`: its models behind the protocol that the loop and the prediction use."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from invariant_mask_rcnn.augmentation import augmented, resized, resized_with_labels, target_size
from invariant_mask_rcnn.mask_rcnn import SummedLossRcnn
from invariant_mask_rcnn.models import MODELS
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample
from plain_commands.errors import UserError
from plain_commands.files import readable
from torch import Tensor, nn

from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engine import Detections, LossTerm, OptimizerAndSchedule
from workflow_scripts.training.engines.torchvision.settings import TorchvisionSettings
from workflow_scripts.training.weights import DamagedError, read_tensors

MOMENTUM = 0.9
WARMUP_START = 0.001


class TorchvisionEngine:
    """See `workflow_scripts.training.engine.Engine`."""

    counts_are_images = False
    against_divergence = (
        "lower training.learning_rate, lengthen training.warmup_iterations, or set "
        "training.gradient_clip"
    )
    config = None

    def __init__(self, settings: TorchvisionSettings, classes: int) -> None:
        self.settings, self.classes = settings, classes

    def initial_model(self, weights: Path | None) -> SummedLossRcnn:
        model = self._model(pretrained=weights is not None)
        if weights is not None:
            load_backbone(model, weights)
        return model.to(memory_format=torch.channels_last).train()

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> SummedLossRcnn:
        model = self._model(pretrained=False)
        model.load_state_dict(state)
        model.test_size = (evaluation.shorter_side, evaluation.longest_side)
        model.roi_heads.score_thresh = evaluation.score_threshold
        model.roi_heads.detections_per_img = evaluation.detections_per_image
        return model.to(memory_format=torch.channels_last).eval()

    def _model(self, *, pretrained: bool) -> SummedLossRcnn:
        build, masks = MODELS[self.settings.model], self.settings.learns_masks
        return build(self.classes, pretrained=pretrained, masks=masks)

    def augmentation(self) -> Callable[[LabelledImage, np.random.Generator], LabelledImage]:
        return partial(augmented, **self.settings.augmentation.model_dump())

    def resizing(self, evaluation: Evaluation) -> Callable[[LabelledImage], LabelledImage]:
        return partial(
            resized_with_labels, shorter=evaluation.shorter_side, longest=evaluation.longest_side
        )

    def optimizer(self, model: nn.Module) -> OptimizerAndSchedule:
        return OptimizerAndSchedule(
            optimizer_of(self.settings, model),
            partial(rate_factor, self.settings),
            self.settings.gradient_clip,
        )

    def loss_module(self, model: nn.Module) -> nn.Module:
        return model

    def losses(self, module: nn.Module, samples: Sequence[TrainingSample]) -> dict[str, LossTerm]:
        images = [sample.image.float() / 255 for sample in samples]
        return module(images, [vars(sample) for sample in samples])

    @torch.inference_mode()
    def detect(self, model: nn.Module, images: Sequence[np.ndarray]) -> list[Detections]:
        assert isinstance(model, SummedLossRcnn)
        return [_detect(model, image) for image in images]


def _detect(model: SummedLossRcnn, image: np.ndarray) -> Detections:
    height, width = image.shape[:2]
    small = resized(image, *target_size(height, width, *model.test_size))
    device = next(model.parameters()).device
    pixels = torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1))).to(device)
    (found,) = model([pixels.float() / 255])
    scale = (width / small.shape[1], height / small.shape[0])
    return Detections(
        boxes=found["boxes"].cpu().numpy() * np.tile(np.array(scale, np.float32), 2),
        scores=found["scores"].cpu().numpy(),
        labels=found["labels"].cpu().numpy(),
        masks=found["masks"][:, 0].cpu().numpy() if "masks" in found else None,
    )


def optimizer_of(settings: TorchvisionSettings, model: nn.Module) -> torch.optim.Optimizer:
    """Optimizer of the trainable parameters; biases and norms get no weight decay."""
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


def rate_factor(settings: TorchvisionSettings, iteration: int) -> float:
    """Factor on the learning rate at an iteration, from 0 on: linear warm-up, then milestones."""
    factor = 0.1 ** bisect_right(settings.rate_drops, iteration)
    if iteration >= settings.warmup_iterations:
        return factor
    done = iteration / settings.warmup_iterations
    return factor * (WARMUP_START + (1 - WARMUP_START) * done)


def load_backbone(model: SummedLossRcnn, path: Path) -> None:
    """Load the weights of a file into the backbone and all other matching parts.

    The file may hold a classifier's weights (`layer1.0.conv1.weight`, …: the body), an export of
    this project, or a whole detector's weights (`backbone.body.…`; heads are loaded if the classes
    agree).

    Raises:
        UserError: the file has no weights, or lacks some of the body.
    """
    try:
        with readable(path):
            content = read_tensors(path)
        weights = dict(content.get("model", content))
    except (DamagedError, AttributeError, TypeError, ValueError) as error:
        reason = error if isinstance(error, DamagedError) else "no tensors by name"
        raise UserError(f"{path}: not a file of weights ({reason})") from None
    if not any(str(name).startswith("backbone.") for name in weights):
        weights = {f"backbone.body.{name}": value for name, value in weights.items()}
    own = model.state_dict()
    fitting = {
        name: value.to(own[name].dtype)
        for name, value in weights.items()
        if name in own and isinstance(value, Tensor) and value.shape == own[name].shape
    }
    lacking = [name for name in own if name.startswith("backbone.body.") and name not in fitting]
    if lacking:
        raise UserError(f"{path}: no weights for {lacking[0]}; it belongs to another model")
    if wrong := [name for name, value in fitting.items() if not value.isfinite().all()]:
        raise UserError(f"{path}: {wrong[0]} contains NaN or infinity; use another file")
    model.load_state_dict(fitting, strict=False)
