"""Engine `torchvision`: Mask and Faster R-CNN from torchvision, which installs from PyPI alone."""

import os
from pathlib import Path

from workflow_scripts.training.engine import Engine, Recipe
from workflow_scripts.training.engines.torchvision.settings import TorchvisionSettings
from workflow_scripts.training.weights import downloaded, verified

DRAWN = Path(__file__).parent / "pretrained" / "tiny_drawn.pth"
DRAWN_SHA256 = "293eb4f0acb43d88217b8c44b818ae06a646b5b52671d48bdd64cefc71560c61"

IMAGENET_URL = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
"""torchvision's `ResNet50_Weights.IMAGENET1K_V1`; its name carries the start of its sha256."""
IMAGENET_SHA256_START = "0676ba61"


class TorchvisionTraining(TorchvisionSettings):
    """Mask R-CNN and Faster R-CNN from torchvision, which installs from PyPI alone."""

    def recipe(self) -> Recipe:
        return Recipe(
            self.iterations,
            self.images_per_step,
            self.deterministic,
            warmup=self.warmup_iterations,
            rate_drops=self.rate_drops,
        )

    def initial_weights(self) -> Path | None:
        match self.initialisation:
            case "none":
                return None
            case "drawn":
                return verified(DRAWN, DRAWN_SHA256)
            case "imagenet":
                return verified(downloaded(IMAGENET_URL, _torch_cache()), IMAGENET_SHA256_START)
            case path:
                return verified(path, self.initialisation_sha256)

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        from workflow_scripts.training.engines.torchvision import engine  # noqa: PLC0415

        return engine.TorchvisionEngine(self, classes)


def _torch_cache() -> Path:
    """File in which torch itself keeps the ImageNet weights."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = Path(os.environ.get("TORCH_HOME", caches / "torch"))
    return home / "hub" / "checkpoints" / IMAGENET_URL.rsplit("/", 1)[-1]
