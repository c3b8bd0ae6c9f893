"""detectron2's newer kind of config: a Python file whose objects describe calls (LazyConfig)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import yaml
from detectron2.config import LazyConfig, instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf
from plain_commands.errors import UserError
from torch import nn
from torch.optim import Optimizer

from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engines.detectron2.installation import weights_name
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings

NEEDED = (
    "train",
    "model",
    "optimizer",
    "lr_multiplier",
    "dataloader.train.total_batch_size",
    "dataloader.train.mapper",
)
"""Required keys of a file."""
GPUS_RATIO = 2
"""Ratio of the zoo's 8 GPUs to the whitepaper's 4."""


class LazyModelConfig:
    """See `model_config.ModelConfig`."""

    warmup = 0
    rate_drops: tuple[int, ...] = ()
    """None, since its schedule is in fractions of the iterations."""

    def __init__(self, cfg: DictConfig) -> None:
        self.cfg = cfg
        self.iterations = int(cfg.train.max_iter)
        self.images_per_step = int(cfg.dataloader.train.total_batch_size)
        self.image_format = str(cfg.dataloader.train.mapper.image_format)
        self.weights = str(cfg.train.init_checkpoint)

    @classmethod
    def from_file(cls, path: Path, settings: Detectron2Settings, classes: int) -> Self:
        """The file's config with the settings' changes.

        Raises:
            UserError: the file or an option does not fit detectron2.
        """
        cfg = LazyConfig.load(str(path))
        for key in NEEDED:
            if OmegaConf.select(cfg, key) is None:
                raise UserError(f"training.config: {path} has no key {key}")
        if settings.schedule != "file":
            cfg.dataloader.train.total_batch_size //= GPUS_RATIO
            cfg.optimizer.lr /= GPUS_RATIO
        if settings.schedule == "scaled":
            # Milestones are fractions of this.
            cfg.train.max_iter *= GPUS_RATIO
        for key, value in settings.options.items():
            _set_option(cfg, key, value)
        if settings.iterations is not None:
            # Warm-up and milestones are fractions of this.
            cfg.train.max_iter = settings.iterations
        _check_and_set_masks(cfg.model.get("roi_heads") or OmegaConf.create(), settings)
        if "num_classes" in _head(cfg):
            _head(cfg).num_classes = classes
        depth = OmegaConf.select(cfg, "model.backbone.bottom_up.stages.depth")
        cfg.train.init_checkpoint = weights_name(settings, cfg.train.init_checkpoint or "", depth)
        return cls(cfg)

    def text(self) -> str:
        """The config as YAML, as far as expressible."""
        return yaml.safe_dump(_plain(self.cfg), sort_keys=False)

    def model(self) -> nn.Module:
        return instantiate(self.cfg.model)

    def optimizer(self, model: nn.Module) -> Optimizer:
        self.cfg.optimizer.params.model = model
        optimizer = instantiate(self.cfg.optimizer)
        del self.cfg.optimizer.params.model
        return optimizer

    def factor(self, optimizer: Optimizer) -> Callable[[int], float]:
        """Schedule by the fraction of completed iterations."""
        multiplier = instantiate(self.cfg.lr_multiplier)
        return lambda iteration: float(multiplier(iteration / self.iterations))

    def augmentations(self) -> list[Any]:
        return list(instantiate(self.cfg.dataloader.train.mapper.augmentations))

    def set_limits(self, evaluation: Evaluation) -> None:
        head = _head(self.cfg)
        if head is self.cfg.model:
            head.test_score_thresh = evaluation.score_threshold
            head.max_detections_per_image = evaluation.detections_per_image
            return
        predictors = head.get("box_predictors") or head.box_predictor
        for predictor in predictors if isinstance(predictors, ListConfig) else [predictors]:
            predictor.test_score_thresh = evaluation.score_threshold
            predictor.test_topk_per_image = evaluation.detections_per_image


def _head(cfg: DictConfig) -> DictConfig:
    """The classifier: the box head, or a dense detector itself."""
    return cfg.model.get("roi_heads") or cfg.model


def _check_and_set_masks(heads: DictConfig, settings: Detectron2Settings) -> None:
    """Remove the mask head of a model that learns boxes.

    Raises:
        UserError: a model for masks has no mask head, or a model learns keypoints.
    """
    if heads.get("keypoint_head") is not None:
        raise UserError(
            f"training.config: {settings.config} has a keypoint head; keypoints are not trained "
            "here"
        )
    if settings.learns_masks:
        if heads.get("mask_head") is None:
            raise UserError(
                f"training.config: {settings.config} has no mask head; use an instance "
                "segmentation config, or set `task: boxes`"
            )
        return
    for part in ("mask_in_features", "mask_pooler", "mask_head"):
        if part in heads:
            heads[part] = None


def _set_option(cfg: DictConfig, key: str, value: Any) -> None:
    if OmegaConf.select(cfg, key) is None:
        raise UserError(f"training.options: the config has no option {key}")
    OmegaConf.update(cfg, key, value, force_add=True)


def _plain(node: Any) -> Any:
    """The config as mappings, lists and scalars; other objects by name."""
    if isinstance(node, DictConfig):
        return {str(key): _plain(node[key]) for key in node}
    if isinstance(node, ListConfig | list | tuple):
        return [_plain(part) for part in node]
    if node is None or isinstance(node, bool | int | float | str):
        return node
    return getattr(node, "__qualname__", None) or repr(node)
