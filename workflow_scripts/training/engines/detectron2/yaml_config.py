"""detectron2's older kind of config: a tree of options, in YAML files that extend each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import yaml
from detectron2.config import CfgNode, get_cfg
from detectron2.data import transforms
from detectron2.data.detection_utils import build_augmentation
from detectron2.engine import DefaultTrainer
from detectron2.modeling import build_model
from detectron2.solver import build_lr_scheduler, build_optimizer
from plain_commands.errors import UserError
from torch import nn
from torch.optim import Optimizer

from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engines.detectron2.installation import (
    check_option_names,
    weights_name,
)
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings

FILES_GPUS = 8
"""Number of GPUs that the model zoo's schedules are for."""
OUR_GPUS = 4
"""Number of GPUs in the whitepaper, and of `scaled` and `fixed` schedules."""
KINDS = ("GeneralizedRCNN", "RetinaNet")
"""Supported meta architectures."""
HEADER = """\
# What this run was trained with: detectron2's {name} with all that the experiment changes in it.
# Data set, data loading, evaluation and output are not detectron2's here (DATASETS, DATALOADER,
# TEST, OUTPUT_DIR, SEED have no effect).
"""


class YamlModelConfig:
    """See `model_config.ModelConfig`."""

    def __init__(self, cfg: CfgNode, header: str = "") -> None:
        self.cfg, self.header = cfg, header
        self.iterations = cfg.SOLVER.MAX_ITER
        self.images_per_step = cfg.SOLVER.IMS_PER_BATCH
        self.warmup = cfg.SOLVER.WARMUP_ITERS
        self.rate_drops = tuple(cfg.SOLVER.STEPS)
        self.image_format = cfg.INPUT.FORMAT
        self.weights = cfg.MODEL.WEIGHTS

    @classmethod
    def from_file(cls, path: Path, settings: Detectron2Settings, classes: int) -> Self:
        """The file's config with the settings' changes.

        Raises:
            UserError: the file or an option does not fit detectron2.
        """
        cfg = get_cfg()
        try:
            cfg.merge_from_file(str(path))
        except (KeyError, ValueError, AssertionError, yaml.YAMLError) as error:
            raise UserError(f"training.config: {path}: {_one_line(error)}") from None
        cfg = scheduled(cfg, settings.schedule)
        check_option_names(settings.options)
        for key, value in settings.options.items():
            _set_option(cfg, key, value)
        if settings.iterations is not None:
            _stretch(cfg, settings.iterations)
        if not settings.learns_masks:
            cfg.MODEL.MASK_ON = False
        _check(cfg, settings)
        cfg.DATASETS.TRAIN, cfg.DATASETS.TEST = ("train",), ("val",)
        cfg.INPUT.MASK_FORMAT = "bitmask"
        _head(cfg).NUM_CLASSES = classes
        cfg.MODEL.WEIGHTS = weights_name(settings, cfg.MODEL.WEIGHTS, _depth(cfg))
        cfg.SOLVER.AMP.ENABLED = settings.is_fast
        return cls(cfg, HEADER.format(name=settings.config))

    @classmethod
    def from_text(cls, text: str) -> Self:
        cfg = get_cfg()
        cfg.merge_from_other_cfg(CfgNode(yaml.safe_load(text)))
        return cls(cfg)

    def text(self) -> str:
        return self.header + self.cfg.dump()

    def model(self) -> nn.Module:
        cfg = self.cfg.clone()
        cfg.MODEL.DEVICE = "cpu"
        return build_model(cfg)

    def optimizer(self, model: nn.Module) -> Optimizer:
        return build_optimizer(self.cfg, model)

    def factor(self, optimizer: Optimizer) -> Callable[[int], float]:
        scheduler = build_lr_scheduler(self.cfg, optimizer)
        base = scheduler.base_lrs[0]

        def factor(iteration: int) -> float:
            scheduler.last_epoch = iteration
            return scheduler.get_lr()[0] / base

        return factor

    def augmentations(self) -> list[Any]:
        augmentations = build_augmentation(self.cfg, is_train=True)
        crop = self.cfg.INPUT.CROP
        if crop.ENABLED:
            augmentations.insert(0, transforms.RandomCrop(crop.TYPE, crop.SIZE))
        return augmentations

    def set_limits(self, evaluation: Evaluation) -> None:
        _head(self.cfg).SCORE_THRESH_TEST = evaluation.score_threshold
        self.cfg.TEST.DETECTIONS_PER_IMAGE = evaluation.detections_per_image


def scheduled(cfg: CfgNode, schedule: str) -> CfgNode:
    """The config with its schedule adapted to 4 GPUs from 8; see `Detectron2Settings.schedule`."""
    if schedule == "file":
        return cfg
    cfg.SOLVER.REFERENCE_WORLD_SIZE = cfg.SOLVER.REFERENCE_WORLD_SIZE or FILES_GPUS
    scaled = DefaultTrainer.auto_scale_workers(cfg, OUR_GPUS)
    if schedule == "scaled":
        return scaled
    for key in ("REFERENCE_WORLD_SIZE", "IMS_PER_BATCH", "BASE_LR"):
        cfg.SOLVER[key] = scaled.SOLVER[key]
    return cfg


def _stretch(cfg: CfgNode, iterations: int) -> None:
    """Change the length of the schedule; scale warm-up and learning rate drops in proportion."""
    share = iterations / cfg.SOLVER.MAX_ITER
    cfg.SOLVER.MAX_ITER = iterations
    cfg.SOLVER.STEPS = tuple(round(step * share) for step in cfg.SOLVER.STEPS)
    cfg.SOLVER.WARMUP_ITERS = round(cfg.SOLVER.WARMUP_ITERS * share)


def _head(cfg: CfgNode) -> CfgNode:
    """Options of the classifier."""
    model = cfg.MODEL
    return model.RETINANET if model.META_ARCHITECTURE == "RetinaNet" else model.ROI_HEADS


def _depth(cfg: CfgNode) -> int | None:
    """Depth of a ResNet; None for other backbones."""
    return cfg.MODEL.RESNETS.DEPTH if "resnet" in cfg.MODEL.BACKBONE.NAME else None


def _set_option(cfg: CfgNode, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    section = cfg
    for parent in parents:
        section = section[parent]
    if isinstance(section[last], float) and type(value) is int:
        value = float(value)
    try:
        cfg.merge_from_list([key, value])
    except (ValueError, AssertionError) as error:
        raise UserError(f"training.options.{key}: {_one_line(error)}") from None


def _check(cfg: CfgNode, settings: Detectron2Settings) -> None:
    """Refuse configs that this project cannot train."""
    model = cfg.MODEL
    kind = model.META_ARCHITECTURE
    has_masks = kind == "GeneralizedRCNN" and model.MASK_ON
    findings = {
        f"MODEL.META_ARCHITECTURE: {kind}; GeneralizedRCNN and, on boxes, RetinaNet are trained "
        "here": kind not in KINDS,
        f"MODEL.META_ARCHITECTURE: {kind}, MODEL.MASK_ON: {str(model.MASK_ON).lower()}; take an "
        "instance segmentation config, or set `task: boxes`": (
            kind in KINDS and settings.learns_masks and not has_masks
        ),
        "MODEL.KEYPOINT_ON: true; keypoints are not trained here": model.KEYPOINT_ON,
        "MODEL.LOAD_PROPOSALS: true; precomputed proposals are not supported": model.LOAD_PROPOSALS,
        f"INPUT.FORMAT: {cfg.INPUT.FORMAT}; only BGR and RGB are supported": cfg.INPUT.FORMAT
        not in ("BGR", "RGB"),
        f"DATALOADER.SAMPLER_TRAIN: {cfg.DATALOADER.SAMPLER_TRAIN}; every image is used once per "
        "epoch here (TrainingSampler)": cfg.DATALOADER.SAMPLER_TRAIN != "TrainingSampler",
    }
    wrong = [f"training: {finding}" for finding, applies in findings.items() if applies]
    if wrong:
        raise UserError.of(wrong)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).strip("'\"")
