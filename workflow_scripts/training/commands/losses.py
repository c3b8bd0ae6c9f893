"""`training losses`: losses of a trained model on images that it has and has not seen."""

import math
import os
from typing import Annotated, Literal

from plain_commands.console import log, progress
from plain_commands.errors import UserError

from workflow_scripts.common.cli import (
    File,
    ImageFolder,
    NewFile,
    Positive,
    Settings,
    labelled,
    option,
)
from workflow_scripts.common.gpus import choose_gpus, usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import images_of_variant
from workflow_scripts.contracts.memberships import MembershipLosses
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.shard_arguments import Annotations, Images
from workflow_scripts.training.sources import images_with_instances, located, training_images


@labelled("losses {output.parent.name} {output.stem}")
def losses(
    *,
    settings: Settings[Evaluation],
    checkpoint: File,
    annotations: Annotations,
    images: Images,
    anonymized: ImageFolder | None = None,
    validation_annotations: File,
    validation_images: ImageFolder,
    most: Annotated[int, option("N", at_least=2)] = 1000,
    output: NewFile,
    gpus: Literal[0, 1] = 0,
    threads: Positive | None = None,
) -> None:
    """Compute a model's loss on single images, some used for its training and some not.

    All are originals: the attacker has a person's picture and asks whether it was trained on.

    Args:
        checkpoint: model_final.pth.
        annotations: data/train.coco.json.
        images: folder of the original training images.
        anonymized: images/{variant}/train, whose manifest lists the images that the training left
            out.
        validation_annotations: data/val.coco.json.
        validation_images: folder of the original validation images.
        most: maximum number of images per group, drawn at random.
        output: privacy/membership/{variant}/seed~{seed}.json.
        gpus: 1 computes on the first GPU.
        threads: CPU threads (default: all cores).

    Raises:
        UserError: the classes of model and annotations differ, a file is missing, or a loss is not
            finite.
    """
    chosen = choose_gpus(gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
    train, val = CocoSplit.read(annotations), CocoSplit.read(validation_annotations)
    with_instances = training_images(train)
    kept = {image.id for image in with_instances}
    if anonymized is not None:
        kept = {image.id for image in images_of_variant(with_instances, anonymized)}
    # Imported late: importing torch takes seconds, and the GPUs must be chosen before.
    from workflow_scripts.training.image_losses import image_losses, sample_of  # noqa: PLC0415
    from workflow_scripts.training.predictor import load_predictor  # noqa: PLC0415

    predictor, trained = load_predictor(
        checkpoint, settings, threads=threads or usable_cores(), on_gpu=bool(chosen)
    )
    for split, file in ((train, annotations), (val, validation_annotations)):
        if trained.classes != split.classes:
            raise UserError(
                f"{checkpoint}: trained on the classes {', '.join(trained.classes)}, but "
                f"{file} has {', '.join(split.classes)}"
            )
    groups = {
        "trained": ([one for one in with_instances if one.id in kept], train, images),
        "left_out": ([one for one in with_instances if one.id not in kept], train, images),
        "validation": (images_with_instances(val), val, validation_images),
    }
    found: dict[str, tuple[float, ...]] = {}
    for name, (records, split, folder) in groups.items():
        sample, root = located(tuple(sample_of(records, most)), folder, None)
        masks = trained.settings.learns_masks
        computed = image_losses(predictor, settings, sample, split, root, masks=masks)
        shown = progress(computed, total=len(sample), description=f"losses of {name} images")
        found[name] = tuple(round(loss, 6) for loss in shown)
        if odd := [loss for loss in found[name] if not math.isfinite(loss)]:
            raise UserError(
                f"{checkpoint}: the loss on {len(odd)} of {len(found[name])} images is not finite, "
                "so the training has diverged; change the recipe (e.g. a lower "
                "training.learning_rate), or remove privacy.membership"
            )
        log.info("%s: %d of %d images", name, len(found[name]), len(records))
    named = {"variant": trained.variant, "seed": trained.seed}
    made_with = {"run": trained.fingerprint, "images": most}
    MembershipLosses(**named, **found, made_with=made_with).write(output)
