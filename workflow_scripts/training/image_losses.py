"""Loss of a trained model on single images, the input of a membership attack."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch
from invariant_mask_rcnn.samples import LabelledImage, as_sample
from torch import nn

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.data import read_labelled_image
from workflow_scripts.training.engine import Engine
from workflow_scripts.training.predictor import Predictor, in_batches


def sample_of(images: Iterable[CocoImage], most: int) -> list[CocoImage]:
    """A random sample of images; an image's rank in the draw depends on its content alone."""
    return sorted(images, key=_digest)[:most]


def _digest(image: CocoImage) -> bytes:
    return hashlib.sha256(image.sha256.encode()).digest()


def image_losses(
    predictor: Predictor,
    evaluation: Evaluation,
    images: Sequence[CocoImage],
    split: CocoSplit,
    root: Path,
    *,
    masks: bool,
) -> Iterator[float]:
    """Loss of each image with instances: the sum of the terms that training minimises.

    Anchors and proposals are sampled with a seed of the image that is the same for all models. The
    model does not change.

    Args:
        predictor: the model; its training mode changes.
        evaluation: image sizes.
        images: records of some images of the split.
        split: their labels.
        root: folder that the file names are relative to.
        masks: whether the model learned masks.

    Raises:
        UserError: a file is missing or damaged, or differs from the recorded one in content or
            size.
    """
    engine, model = predictor.engine, predictor.model
    module = computing_losses(engine, model)
    device = next(model.parameters()).device
    resize = engine.resizing(evaluation)
    read = partial(_read, split=split, root=root, masks=masks)
    with ThreadPoolExecutor(predictor.threads) as pool, torch.inference_mode():
        for batch in in_batches(images, predictor.threads):
            for image, labelled in zip(batch, pool.map(read, batch), strict=True):
                small = resize(labelled)
                if not len(small.labels):
                    continue
                seed = int.from_bytes(_digest(image)[:7], "big")
                terms = engine.losses(module, [as_sample(small, seed).to(device)])
                yield float(sum(float(one.total) / max(one.count, 1) for one in terms.values()))


def _read(image: CocoImage, split: CocoSplit, root: Path, *, masks: bool) -> LabelledImage:
    return read_labelled_image(image, root, split.instances_by_image[image.id], masks=masks)


def computing_losses(engine: Engine, model: nn.Module) -> nn.Module:
    """The module that computes losses, with normalisation and dropout in test mode."""
    model.train()
    for part in model.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm | nn.modules.dropout._DropoutNd):
            part.eval()
    return engine.loss_module(model)
