"""`python -m workflow_scripts.anonymization <action> …`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.anonymization.apply import Task, anonymize_images, tasks_of
from workflow_scripts.anonymization.variants import Variant, Variants
from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log, progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME, Entry, gather, write_manifest
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import add_annotations, add_shard, images_of_shard


def _check_command() -> Command:
    command = Command(
        "workflow_scripts.anonymization check",
        "See whether variants can be made, such as whether a folder of images is complete.\n"
        "The settings are those of all variants, by name.",
        settings=Variants,
    )
    add_annotations(command)
    return command


def _apply_command() -> Command:
    command = Command(
        "workflow_scripts.anonymization apply",
        "Make one variant of the training images of one shard: a folder with the images at the\n"
        "data set's own relative paths, and a manifest. Images without regions are linked,\n"
        "the others written as PNG (8 bit RGB), whatever they were.",
        settings=Variant,
        label="anonymize {variant} {shard}",
    )
    command.argument("--variant", required=True, metavar="NAME", help="for the messages")
    command.argument(
        "--regions", type=Path, required=True, metavar="FILE", help="pii/{split}/{shard}.parquet"
    )
    add_shard(command)
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="images/{variant}/{split}/{shard}; appears when it is complete",
    )
    command.argument("--threads", type=int, default=1, help="images at a time (default: 1)")
    return command


def _gather_command() -> Command:
    command = Command(
        "workflow_scripts.anonymization gather",
        "Merge the manifests of a variant's shards, and check that no image is missing.",
    )
    command.argument(
        "--folders",
        type=Path,
        required=True,
        nargs="+",
        metavar="FOLDER",
        help="images/{variant}/{split}/{shard} of all shards",
    )
    add_annotations(command)
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="images/{variant}/{split}/manifest.parquet",
    )
    return command


def _check(arguments: argparse.Namespace) -> None:
    split = CocoSplit.read(arguments.annotations)
    findings = []
    for name, method in arguments.settings.items():
        try:
            method.check(split)
        except UserError as error:
            findings += [f"variants.{name}: {line}" for line in str(error).splitlines()]
    if findings:
        raise UserError("\n".join(findings))
    log.info("%s can be made of %d images", ", ".join(arguments.settings), len(split.images))


def _apply(arguments: argparse.Namespace) -> None:
    split = _part_of_shard(arguments)
    arguments.settings.check(split)
    regions = read_regions(arguments.regions)
    with atomic(arguments.output) as folder:
        folder.mkdir()
        tasks = tasks_of(split, arguments.images, regions, folder, arguments.output.name)
        originals = [task.original for task in tasks]
        with arguments.settings.prepared(originals, folder, arguments.threads) as method:
            treated = anonymize_images(method, tasks, arguments.threads)
            entries = list(progress(treated, total=len(tasks), description="anonymizing"))
        write_manifest(folder / FILE_NAME, entries)
    _warn_of_untouched(tasks, entries)
    log.info(
        "%d regions changed; %d images written, %d linked",
        sum(entry.regions for entry in entries),
        sum(not entry.linked for entry in entries),
        sum(entry.linked for entry in entries),
    )


def _warn_of_untouched(tasks: Sequence[Task], entries: Sequence[Entry]) -> None:
    """Say so when images from elsewhere show nothing changed where a face or a plate was found."""
    found = {task.image.file_name for task in tasks if task.regions}
    theirs = [entry for entry in entries if entry.image in found and not entry.linked]
    untouched = [entry.image for entry in theirs if not entry.faces + entry.license_plates]
    if untouched:
        log.warning(
            "%d of %d images with faces or license plates show no change there, %s for one",
            len(untouched),
            len(theirs),
            untouched[0],
        )


def _part_of_shard(arguments: argparse.Namespace) -> CocoSplit:
    """The shard's images and what is labelled in them."""
    split = CocoSplit.read(arguments.annotations)
    images = images_of_shard(arguments, split)
    instances = (i for image in images for i in split.instances_by_image[image.id])
    return CocoSplit(split.classes, tuple(images), tuple(instances))


def _gather(arguments: argparse.Namespace) -> None:
    entries = gather(CocoSplit.read(arguments.annotations), arguments.folders)
    write_manifest(arguments.output, entries)
    log.info("%d images, %d regions", len(entries), sum(entry.regions for entry in entries))


ACTIONS = {
    "check": Action(
        "see whether it can be done",
        lambda argv: _check_command().run(_check, argv),
    ),
    "apply": Action(
        "make the images of one shard", lambda argv: _apply_command().run(_apply, argv)
    ),
    "gather": Action(
        "merge the manifests of all shards", lambda argv: _gather_command().run(_gather, argv)
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "workflow_scripts.anonymization",
        "Make anonymized twins of the training images.",
        ACTIONS,
        argv,
    )


if __name__ == "__main__":
    main_of(main)
