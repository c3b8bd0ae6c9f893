"""Engine `detectron2`: its models behind the protocol that the loop and the prediction use."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from detectron2.data import transforms
from detectron2.modeling import GeneralizedRCNN, RetinaNet
from detectron2.modeling.meta_arch.fcos import FCOS
from detectron2.modeling.postprocessing import detector_postprocess
from detectron2.structures import Instances
from invariant_mask_rcnn.detectron2_augmentation import (
    Detectron2Augmentation,
    in_channel_order,
    resized_for_test,
)
from invariant_mask_rcnn.detectron2_losses import (
    PerImageLosses,
    SummedDenseLosses,
    dense_predictions,
    model_input,
)
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample
from plain_commands.errors import UserError
from torch import Tensor, nn

from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engine import Detections, LossTerm, OptimizerAndSchedule
from workflow_scripts.training.engines.detectron2.model_config import model_config_of
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings
from workflow_scripts.training.engines.detectron2.weights import load_weights

# The warning concerns a call inside detectron2, and would appear in every log.
warnings.filterwarnings("ignore", "torch.meshgrid: in an upcoming release", UserWarning)


DENSE = (RetinaNet, FCOS)
"""Models that predict at every place of the image, without proposals."""


class Detectron2Engine:
    """See `workflow_scripts.training.engine.Engine`."""

    against_divergence = (
        "in training.options, lower SOLVER.BASE_LR, lengthen SOLVER.WARMUP_ITERS, or set "
        "SOLVER.CLIP_GRADIENTS.ENABLED"
    )

    def __init__(
        self, settings: Detectron2Settings, classes: int, config: str | None = None
    ) -> None:
        self.settings = settings
        self.test_size = (0, 0)
        self.model_config = model_config_of(settings, classes, config)
        self.counts_are_images = True  # until a model says otherwise

    @property
    def config(self) -> str:
        return self.model_config.text()

    def initial_model(self, weights: Path | None) -> nn.Module:
        model = self._model()
        if weights is not None:
            load_weights(model, weights)
        return model.train()

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> nn.Module:
        self.model_config.set_limits(evaluation)
        model = self._model()
        model.load_state_dict(state)
        self.test_size = (evaluation.shorter_side, evaluation.longest_side)
        return model.eval()

    def _model(self) -> nn.Module:
        model = self.model_config.model()
        if type(model) not in (GeneralizedRCNN, *DENSE):
            raise UserError(
                f"training.config: {self.settings.config} is a {type(model).__name__}; "
                "use a model of meta architecture GeneralizedRCNN, RetinaNet or FCOS"
            )
        self.counts_are_images = not isinstance(
            model, DENSE
        )  # their losses are normalised by positive anchors
        return model

    def augmentation(self) -> Detectron2Augmentation:
        return Detectron2Augmentation(
            self.model_config.augmentations(), self.model_config.image_format
        )

    def resizing(self, evaluation: Evaluation) -> Callable[[LabelledImage], LabelledImage]:
        sides = [evaluation.shorter_side] * 2
        resize = transforms.ResizeShortestEdge(sides, evaluation.longest_side)
        change = Detectron2Augmentation([resize], self.model_config.image_format)
        return lambda given: change(given, np.random.default_rng(0))

    def optimizer(self, model: nn.Module) -> OptimizerAndSchedule:
        optimizer = self.model_config.optimizer(model)  # the optimizer clips gradients itself
        return OptimizerAndSchedule(optimizer, self.model_config.factor(optimizer))

    def loss_module(self, model: nn.Module) -> PerImageLosses | SummedDenseLosses:
        return SummedDenseLosses(model) if isinstance(model, DENSE) else PerImageLosses(model)

    def losses(self, module: nn.Module, samples: Sequence[TrainingSample]) -> dict[str, LossTerm]:
        inputs = list(map(model_input, samples))
        if not self.counts_are_images:
            return module(inputs)
        losses = module(inputs, [sample.seed for sample in samples])
        return {name: LossTerm(values.sum(), len(samples)) for name, values in losses.items()}

    @torch.inference_mode()
    def detect(self, model: nn.Module, images: Sequence[np.ndarray]) -> list[Detections]:
        inputs = []
        for image in images:
            small = resized_for_test(image, *self.test_size)
            ordered = in_channel_order(small, self.model_config.image_format).transpose(2, 0, 1)
            pixels = torch.from_numpy(np.ascontiguousarray(ordered, np.float32))
            inputs.append({"image": pixels})
        if isinstance(model, DENSE):
            found = model.forward_inference(*dense_predictions(model, inputs))
        else:
            assert isinstance(model, GeneralizedRCNN)
            found = model.inference(inputs, do_postprocess=False)
        return [
            _detections(instances, *image.shape[:2])
            for instances, image in zip(found, images, strict=True)
        ]


def _detections(found: Instances, height: int, width: int) -> Detections:
    """Detections with boxes in pixels of the given image of this (height, width)."""
    kept = Instances(
        found.image_size,
        pred_boxes=found.pred_boxes,
        scores=found.scores,
        pred_classes=found.pred_classes,
    )
    if found.has("pred_masks"):
        # Renamed so that detectron2 does not paste the masks into the image.
        kept.mask_probabilities = found.pred_masks[:, 0]
    scaled = detector_postprocess(kept, height, width)
    masks = scaled.mask_probabilities.float().cpu().numpy() if found.has("pred_masks") else None
    return Detections(
        boxes=scaled.pred_boxes.tensor.float().cpu().numpy(),
        scores=scaled.scores.float().cpu().numpy(),
        labels=scaled.pred_classes.cpu().numpy() + 1,
        masks=masks,
    )
