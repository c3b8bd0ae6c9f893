"""The files that a training starts from, found and checked without importing torch."""

import os
from pathlib import Path

from workflow_scripts.common.console import log
from workflow_scripts.common.downloads import ERRORS, copy_to, reason
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic, sha256_of_file
from workflow_scripts.contracts.settings.training import TorchvisionTraining, Training
from workflow_scripts.training.recipe import engine_module

DRAWN = Path(__file__).parent / "pretrained" / "tiny_drawn.pth"
DRAWN_SHA256 = "293eb4f0acb43d88217b8c44b818ae06a646b5b52671d48bdd64cefc71560c61"

IMAGENET_URL = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
"""torchvision's `ResNet50_Weights.IMAGENET1K_V1`; its name carries the start of its sha256."""
IMAGENET_SHA256_START = "0676ba61"


def initial_weights(settings: Training) -> Path | None:
    """The checked file to start from; None for a random start.

    Raises:
        UserError: it is missing, cannot be downloaded, or has another sha256 than expected.
    """
    if not isinstance(settings, TorchvisionTraining):
        return engine_module(settings.engine).initial_weights(settings)
    match settings.initialisation:
        case "none":
            return None
        case "drawn":
            return checked(DRAWN, DRAWN_SHA256)
        case "imagenet":
            return checked(downloaded(IMAGENET_URL, _torch_cache()), IMAGENET_SHA256_START)
        case path:
            return checked(path, settings.initialisation_sha256)


def checked(path: Path, expected: str) -> Path:
    """The file, whose sha256 starts with `expected`.

    Raises:
        UserError: it is missing, or another.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; training.initialisation names it")
    found = sha256_of_file(path)
    if not found.startswith(expected):
        raise UserError(
            f"{path}: its sha256 is {found}, expected {expected}; it is damaged or another file"
        )
    return path


def downloaded(url: str, path: Path) -> Path:
    """The file of a URL, kept at `path`; downloaded when it is not there yet.

    Raises:
        UserError: it cannot be downloaded.
    """
    if path.is_file():
        return path
    log.info("downloading %s to %s", url, path)
    with atomic(path) as temporary:
        try:
            copy_to(temporary, url, path.name)
        except ERRORS as error:
            raise UserError(
                f"{url}: cannot be downloaded ({reason(error)}); download it elsewhere and copy "
                f"it to {path}, or set training.initialisation to its path and "
                "training.initialisation_sha256 to its sha256"
            ) from None
    return path


def _torch_cache() -> Path:
    """Where torch itself keeps the ImageNet weights."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = Path(os.environ.get("TORCH_HOME", caches / "torch"))
    return home / "hub" / "checkpoints" / IMAGENET_URL.rsplit("/", 1)[-1]
