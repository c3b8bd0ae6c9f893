"""Initial weights of detectron2's models: location, check, loading."""

from pathlib import Path
from typing import Any

from detectron2.checkpoint import DetectionCheckpointer
from plain_commands.errors import UserError
from torch import nn

from workflow_scripts.training.engines.detectron2.installation import zoo_file
from workflow_scripts.training.engines.detectron2.model_config import model_config_of
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings
from workflow_scripts.training.weights import check_archive, downloaded, verified


def initial_weights(settings: Detectron2Settings) -> Path | None:
    """Checked file of the initial weights; None for random weights.

    The zoo's files are pickles, which can run code when loaded, and detectron2 publishes no sha256
    for them, so the config has to state it.

    Raises:
        UserError: the file is missing, cannot be downloaded, or has another sha256.
    """
    match settings.initialisation:
        case "none":
            return None
        case "imagenet" | "coco":
            path = downloaded(*zoo_file(model_config_of(settings, classes=1).weights))
        case path:
            pass
    return verified(path, settings.initialisation_sha256)


class _Checkpointer(DetectionCheckpointer):
    """Checkpointer that collects the names of missing weights instead of logging them."""

    lacking: tuple[str, ...] = ()

    def _log_incompatible_keys(self, incompatible: Any) -> None:
        shapes = [name for name, *_ in incompatible.incorrect_shapes]
        self.lacking = (*incompatible.missing_keys, *shapes)


def load_weights(model: nn.Module, path: Path) -> None:
    """Load all weights of a checked file that fit the model.

    The backbone has to fit; heads may be missing or have other classes.

    Raises:
        UserError: the file has no weights, or weights of another backbone.
    """
    checkpointer = _Checkpointer(model)
    checkpointer.logger.disabled = True
    try:
        check_archive(path)
        checkpointer.load(str(path), checkpointables=[])
    except Exception as error:  # of many types, depending on the file
        raise UserError(
            f"{path}: not a file of weights for detectron2 ({' '.join(str(error).split())[:200]})"
        ) from None
    bottom = "backbone.bottom_up." if hasattr(model.backbone, "bottom_up") else "backbone."
    lacking = [
        name
        for name in checkpointer.lacking
        if name.startswith(bottom) and not name.endswith("num_batches_tracked")
    ]
    if lacking:
        raise UserError(
            f"{path}: no weights for {lacking[0]} ({len(lacking)} lack); it belongs to another "
            "backbone than training.config describes"
        )
