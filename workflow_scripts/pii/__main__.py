"""`python -m workflow_scripts.pii <action> …`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log, progress
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, read_regions, write_regions
from workflow_scripts.contracts.shard_arguments import (
    add_annotations,
    add_images,
    add_shard,
    images_of_shard,
)
from workflow_scripts.pii.detect import check, detect
from workflow_scripts.pii.detector import Frame
from workflow_scripts.pii.settings import Pii
from workflow_scripts.pii.summary import summarize


def _check_command() -> Command:
    command = Command(
        "workflow_scripts.pii check",
        "See whether faces and license plates can be detected: settings, annotations, files.",
        settings=Pii,
    )
    add_images(command)
    return command


def _detect_command() -> Command:
    command = Command(
        "workflow_scripts.pii detect",
        "Find the faces and license plates of one shard of the training images.",
        settings=Pii,
        label="detect PII {shard}",
    )
    add_shard(command)
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="pii/{split}/{shard}.parquet",
    )
    command.argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    return command


def _summarize_command() -> Command:
    command = Command(
        "workflow_scripts.pii summarize",
        "Count the regions of each training image, and draw Figure 3.",
    )
    command.argument(
        "--regions", type=Path, required=True, nargs="*", metavar="FILE", help="of all shards"
    )
    add_annotations(command)
    command.argument(
        "--output", type=Path, required=True, metavar="FILE", help="counts, pii/summary.json"
    )
    command.argument(
        "--figures",
        type=Path,
        metavar="FOLDER",
        help="write figure_3.svg and figure_3.png there",
    )
    return command


def _check(arguments: argparse.Namespace) -> None:
    split = CocoSplit.read(arguments.annotations)
    check(arguments.settings, split, _frames(split, arguments.images, 1))
    log.info("faces and license plates can be detected in %d images", len(split.images))


def _detect(arguments: argparse.Namespace) -> None:
    split = CocoSplit.read(arguments.annotations)
    frames = _frames(split, arguments.images, arguments.threads)
    check(arguments.settings, split, frames)
    images = images_of_shard(arguments, split)
    by_id = {frame.info.id: frame for frame in frames}
    found = detect(arguments.settings, split, [by_id[image.id] for image in images])
    described = progress(found, total=len(images), description="detecting PII")
    regions = [region for in_frame in described for region in in_frame]
    write_regions(arguments.output, regions)
    faces = sum(region.kind is Kind.FACE for region in regions)
    log.info(
        "%d faces and %d license plates in %d images", faces, len(regions) - faces, len(images)
    )


def _frames(split: CocoSplit, root: Path, threads: int) -> list[Frame]:
    return [Frame(image, root, threads) for image in split.images]


def _summarize(arguments: argparse.Namespace) -> None:
    images = [image.file_name for image in CocoSplit.read(arguments.annotations).images]
    regions = [region for path in arguments.regions for region in read_regions(path)]
    summary = summarize(images, regions)
    summary.write(arguments.output)
    if arguments.figures:
        from workflow_scripts.pii.figure import draw  # noqa: PLC0415 - matplotlib is slow to import

        draw(summary, arguments.figures)
    log.info("%d regions, %.2f a frame", len(regions), summary.total.mean)


ACTIONS = {
    "check": Action(
        "see whether it can be done",
        lambda argv: _check_command().run(_check, argv),
    ),
    "detect": Action(
        "find the regions of one shard", lambda argv: _detect_command().run(_detect, argv)
    ),
    "summarize": Action(
        "count the regions, draw Figure 3",
        lambda argv: _summarize_command().run(_summarize, argv),
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "workflow_scripts.pii",
        "Find the faces and license plates of the training images, and count them.",
        ACTIONS,
        argv,
    )


if __name__ == "__main__":
    main_of(main)
