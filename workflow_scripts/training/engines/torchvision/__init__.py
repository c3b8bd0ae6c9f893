"""Engine `torchvision`: Mask and Faster R-CNN from torchvision, which installs from PyPI alone."""

import os
from pathlib import Path

from workflow_scripts.contracts.catalogue import CATALOGUE
from workflow_scripts.training.engine import Engine, Recipe
from workflow_scripts.training.engines.torchvision.settings import TorchvisionSettings
from workflow_scripts.training.weights import downloaded, verified

DRAWN = Path(__file__).parent / "pretrained" / "tiny_drawn.pth"
DRAWN_SHA256 = "293eb4f0acb43d88217b8c44b818ae06a646b5b52671d48bdd64cefc71560c61"

IMAGENET = CATALOGUE["resnet50_imagenet"]


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
                return verified(downloaded(IMAGENET.source, torch_cache()), IMAGENET.sha256)
            case path:
                return verified(path, self.initialisation_sha256)

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        from workflow_scripts.training.engines.torchvision import engine  # noqa: PLC0415

        return engine.TorchvisionEngine(self, classes)


def torch_cache() -> Path:
    """File in which torch itself caches the ImageNet weights."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = Path(os.environ.get("TORCH_HOME", caches / "torch"))
    return home / "hub" / "checkpoints" / IMAGENET.file_name
