"""From an image file to COCO results."""

from pathlib import Path
from typing import Any

from workflow_scripts.coco import CocoImage
from workflow_scripts.config.evaluation import Evaluation
from workflow_scripts.images import read_image
from workflow_scripts.training.cpu import set_up_torch
from workflow_scripts.training.engines import engine_named
from workflow_scripts.training.masks import encode_detection
from workflow_scripts.training.trained_model import TrainedModel


class Predictor:
    """A trained model, ready to look at images one by one.

    Args:
        checkpoint: `model_final.pth`.
        evaluation: sizes and limits.
        threads: of the CPU.
        on_gpu: compute on the first GPU.

    Raises:
        UserError: the checkpoint is missing or no trained model.
    """

    def __init__(
        self, checkpoint: Path, evaluation: Evaluation, *, threads: int, on_gpu: bool
    ) -> None:
        set_up_torch(threads, deterministic=not on_gpu)
        trained = TrainedModel.read(checkpoint)
        self.classes = trained.classes
        self.engine = engine_named(trained.settings.engine)
        model = self.engine.trained_model(
            trained.settings, len(trained.classes), trained.model, evaluation
        )
        self.model = model.to("cuda" if on_gpu else "cpu")

    def results_of(self, image: CocoImage, file: Path) -> list[dict[str, Any]]:
        """The COCO results of one image: boxes xywh and masks in the image's own pixels."""
        found = self.engine.detect(self.model, read_image(file))
        return [
            {
                "image_id": image.id,
                "category_id": int(label),
                "bbox": [round(float(x), 2) for x in (*box[:2], *(box[2:] - box[:2]))],
                "score": round(float(score), 6),
                "segmentation": encode_detection(mask, box, image.height, image.width),
            }
            for box, score, label, mask in zip(
                found.boxes, found.scores, found.labels, found.masks, strict=True
            )
        ]
