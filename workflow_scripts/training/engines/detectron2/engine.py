"""The engine: what the loop and the prediction ask for, answered by detectron2."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from detectron2.modeling import GeneralizedRCNN
from detectron2.modeling.postprocessing import detector_postprocess
from detectron2.structures import Instances
from torch import Tensor, nn

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.contracts.settings.training import Detectron2Training
from workflow_scripts.training.augment import Augment
from workflow_scripts.training.data import Sample
from workflow_scripts.training.engines import Descent, Detections, LossTerm
from workflow_scripts.training.engines.detectron2.blueprint import blueprint_of, stored_blueprint
from workflow_scripts.training.engines.detectron2.learner import PerImage, as_input
from workflow_scripts.training.engines.detectron2.scenes import (
    augmented_scene,
    in_channel_order,
    resized_for_test,
)
from workflow_scripts.training.engines.detectron2.weights import initial_weights, load_weights
from workflow_scripts.training.recipe import Recipe

__all__ = ["Engine", "initial_weights", "recipe_of"]

# It is about a call of detectron2's, and would stand in every log.
warnings.filterwarnings("ignore", "torch.meshgrid: in an upcoming release", UserWarning)


def recipe_of(settings: Detectron2Training) -> Recipe:
    """The numbers of a training, from the resolved config.

    Raises:
        UserError: the settings do not fit detectron2.
    """
    # The number of classes is none of these numbers.
    blueprint = blueprint_of(settings, classes=1)
    return Recipe(
        iterations=blueprint.iterations,
        images_per_step=blueprint.images_per_step,
        mixed_precision=settings.mixed_precision,
        deterministic=settings.deterministic,
    )


class Engine:
    """See `workflow_scripts.training.engines.Engine`."""

    counts_are_images = True
    against_divergence = (
        "in training.options, lower SOLVER.BASE_LR, lengthen SOLVER.WARMUP_ITERS, or set "
        "SOLVER.CLIP_GRADIENTS.ENABLED"
    )

    def __init__(
        self, settings: Detectron2Training, classes: int, config: str | None = None
    ) -> None:
        self.settings = settings
        self.blueprint = (
            blueprint_of(settings, classes)
            if config is None
            else stored_blueprint(settings, classes, config)
        )

    @property
    def config(self) -> str:
        """The resolved config, as YAML."""
        return self.blueprint.text()

    def initial_model(self, weights: Path | None) -> nn.Module:
        """A model to train."""
        model = self._model()
        if weights is not None:
            load_weights(model, weights)
        return model.train()

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> nn.Module:
        """A model with trained weights."""
        self.blueprint.set_limits(evaluation)
        model = self._model()
        model.load_state_dict(state)
        model.test_size = (evaluation.shorter_side, evaluation.longest_side)
        return model.eval()

    def _model(self) -> nn.Module:
        model = self.blueprint.model()
        if type(model) is not GeneralizedRCNN:
            raise UserError(
                f"training.config: {self.settings.config} is a {type(model).__name__}; "
                "take an instance segmentation model of meta architecture GeneralizedRCNN"
            )
        return model

    def augment(self) -> Augment:
        """What detectron2's mapper does."""
        return partial(
            augmented_scene,
            augmentations=self.blueprint.augmentations(),
            image_format=self.blueprint.image_format,
        )

    def descent(self, model: nn.Module) -> Descent:
        """The optimizer and its schedule; it clips gradients by itself."""
        optimizer = self.blueprint.optimizer(model)
        return Descent(optimizer, self.blueprint.factor(optimizer))

    def learner(self, model: nn.Module) -> nn.Module:
        """The model's losses, image by image."""
        return PerImage(model)

    def losses(self, learner: nn.Module, samples: list[Sample]) -> dict[str, LossTerm]:
        """The parts of the loss; the names are detectron2's."""
        losses = learner(list(map(as_input, samples)), [sample.seed for sample in samples])
        return {name: LossTerm(values.sum(), len(samples)) for name, values in losses.items()}

    @torch.inference_mode()
    def detect(self, model: GeneralizedRCNN, images: list[np.ndarray]) -> list[Detections]:
        """Find the instances in images."""
        inputs = []
        for image in images:
            small = resized_for_test(image, *model.test_size)
            ordered = in_channel_order(small, self.blueprint.image_format).transpose(2, 0, 1)
            pixels = torch.from_numpy(np.ascontiguousarray(ordered, np.float32))
            inputs.append({"image": pixels})
        mixed = self.settings.mixed_precision and model.device.type == "cuda"
        with torch.autocast(model.device.type, enabled=mixed):
            found = model.inference(inputs, do_postprocess=False)
        return [
            _detections(instances, *image.shape[:2])
            for instances, image in zip(found, images, strict=True)
        ]


def _detections(found: Instances, height: int, width: int) -> Detections:
    """What the model found, with boxes in the pixels of the image as it was given."""
    # Under another name, the masks stay in their boxes.
    kept = Instances(
        found.image_size,
        pred_boxes=found.pred_boxes,
        scores=found.scores,
        pred_classes=found.pred_classes,
        mask_probabilities=found.pred_masks[:, 0],
    )
    scaled = detector_postprocess(kept, height, width)
    return Detections(
        boxes=scaled.pred_boxes.tensor.float().cpu().numpy(),
        scores=scaled.scores.float().cpu().numpy(),
        labels=scaled.pred_classes.cpu().numpy() + 1,
        masks=scaled.mask_probabilities.float().cpu().numpy(),
    )
