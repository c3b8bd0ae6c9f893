"""`model_final.pth`: the result of a training."""

from dataclasses import dataclass
from pathlib import Path

import torch

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.settings.training import Training


@dataclass(frozen=True)
class TrainedModel:
    """What `predict` needs, and where it comes from."""

    settings: Training
    classes: tuple[str, ...]
    variant: str
    seed: int
    fingerprint: str
    iterations: int
    model: dict[str, torch.Tensor]
    """Weights by name, on CPU."""
    config: str | None = None
    """The engine's own config, where it has one."""

    def write(self, path: Path) -> None:
        """Write `model_final.pth`, atomically."""
        content = {**vars(self), "settings": self.settings.model_dump(mode="json")}
        with atomic(path) as temporary:
            torch.save({"schema": 1, **content, "classes": list(self.classes)}, temporary)

    @classmethod
    def read(cls, path: Path) -> "TrainedModel":
        """Read `model_final.pth`.

        Raises:
            UserError: it is missing, or no such file.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            schema = content.pop("schema")
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except Exception as error:  # torch.load raises many kinds, for many kinds of files
            raise UserError(f"{path}: not a trained model of this project ({error})") from None
        if schema != 1:
            raise UserError(f"{path}: written by another version (schema {schema}); train again")
        settings = validate(Training, content.pop("settings"), str(path))
        return cls(settings=settings, classes=tuple(content.pop("classes")), **content)
