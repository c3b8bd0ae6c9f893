"""Average precision on the validation images during training, without effect on the result."""

import torch
from instance_ap import coco
from instance_ap.predictions import Predictions
from invariant_mask_rcnn.workers import Worker
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from torch import Tensor

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.trainings import ValidationScores
from workflow_scripts.training.job import TrainingJob, Validation
from workflow_scripts.training.predictor import Predictor
from workflow_scripts.training.sources import located


class Validator:
    """The validation images of a training, shared by its workers.

    Args:
        job: the training.
        validation: settings of these tests.
        worker: this worker.
        classes: classes of the training images.

    Raises:
        UserError: an image is missing, or the classes differ.
    """

    def __init__(
        self, job: TrainingJob, validation: Validation, worker: Worker, classes: tuple[str, ...]
    ) -> None:
        self.job, self.worker = job, worker
        self.every, self.settings = validation.every, validation.settings
        self.split = CocoSplit.read(validation.annotations)
        self.split.refuse_masks_of(job.settings.task, validation.annotations)
        if self.split.classes != classes:
            raise UserError(
                f"{validation.annotations}: its classes are {', '.join(self.split.classes)}, those "
                f"of the training images {', '.join(classes)}"
            )
        images, self.root = located(self.split.images, validation.images, None)
        self.images = images[worker.rank :: worker.world_size]

    def is_due(self, iteration: int) -> bool:
        """Whether a test is due after this number of iterations."""
        return iteration % self.every == 0

    def scores(self, weights: dict[str, Tensor], config: str | None) -> ValidationScores:
        """Average precisions of a model with these weights: of masks, if it predicts them.

        All workers have to call it; each gets the scores on all images.

        Args:
            weights: weights of the model, the same on all workers.
            config: `Engine.config` of the training.
        """
        device = self.worker.device
        # A separate model, so that limits on detections do not affect the one in training. Its
        # random weights, which are replaced at once, must not advance the generators.
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            engine = self.job.settings.make_engine(len(self.split.classes), config)
            model = engine.trained_model(weights, self.settings).to(device)
            predictor = Predictor(engine, model, self.job.threads)
            own = list(predictor.results(self.images, self.root))
        results = [result for part in self.worker.gather(own) for result in part]
        settings = self.job.settings
        read = Predictions.of_coco_results if settings.learns_masks else Predictions.of_coco_boxes
        kind = coco.IouType(settings.task.iou_type)
        curves = coco.evaluate(self.split, read(results, self.split), [kind])[kind]
        scores = ValidationScores(
            mean_ap=curves.mean(),
            AP50=curves.mean(iou=0.5),
            AP={name: curves.mean(class_index=n) for n, name in enumerate(self.split.classes)},
        )
        mean = "undefined" if scores.mean_ap is None else f"{scores.mean_ap:.3f}"
        log.info("validation: mAP %s on %s", mean, counted(len(self.split.images), "image"))
        return scores
