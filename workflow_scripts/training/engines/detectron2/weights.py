"""The files that detectron2's models start from: found, checked, loaded."""

import os
from pathlib import Path

from detectron2.checkpoint import DetectionCheckpointer
from torch import nn

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import sha256_of_file
from workflow_scripts.contracts.settings.training import Detectron2Training
from workflow_scripts.training.engines.detectron2.blueprint import blueprint_of
from workflow_scripts.training.weights import checked, downloaded

SERVER = "https://dl.fbaipublicfiles.com/"


def initial_weights(settings: Detectron2Training) -> Path | None:
    """The checked file to start from; None for a random start.

    The zoo's files are pickles, which can run code when they are loaded, and detectron2 publishes
    no sha256 of them: it has to be stated in the config.

    Raises:
        UserError: it is missing, cannot be downloaded, or its sha256 is not the stated one.
    """
    match settings.initialisation:
        case "none":
            return None
        case "imagenet" | "coco":
            name = blueprint_of(settings, classes=1).weights.replace("://", "/")
            path = downloaded(SERVER + name, _cache() / name)
        case path:
            pass
    if settings.initialisation_sha256 is None:
        raise UserError(
            f"training.initialisation_sha256: missing; {path} is loaded only when its sha256 is "
            f"stated. It is {sha256_of_file(path)}: compare it with a copy that you trust, and "
            "set it in the config"
        )
    return checked(path, settings.initialisation_sha256)


def _cache() -> Path:
    """Where detectron2 itself keeps what it downloads."""
    return Path(os.environ.get("FVCORE_CACHE", Path.home() / ".torch" / "iopath_cache"))


class _Checkpointer(DetectionCheckpointer):
    """Keeps what did not fit, instead of logging pages about it."""

    lacking: tuple[str, ...] = ()

    def _log_incompatible_keys(self, incompatible) -> None:
        shapes = [name for name, *_ in incompatible.incorrect_shapes]
        self.lacking = (*incompatible.missing_keys, *shapes)


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill the model with all that fits of a checked file.

    The backbone has to fit; heads may be missing, or have other classes.

    Raises:
        UserError: it is no file of weights, or one of another backbone.
    """
    checkpointer = _Checkpointer(model)
    checkpointer.logger.disabled = True
    try:
        checkpointer.load(str(path), checkpointables=[])
    except Exception as error:  # many kinds, for many kinds of files
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
