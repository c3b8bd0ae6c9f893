"""The command that draws the embedded data set."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from drawn_streets.writer import SceneSettings, write_data_set

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.dataset import SyntheticDataset


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m drawn_streets`."""
    command = Command(
        "drawn_streets",
        "Draw street scenes with exact masks, faces and license plates, in the Cityscapes layout.\n"
        "The same settings give the same files, whatever the number of workers.",
        settings=SyntheticDataset,
    )
    command.argument("--output", type=Path, required=True, help="folder of the data set")
    command.argument(
        "--workers", type=int, default=os.cpu_count(), help="processes (default: all CPUs)"
    )
    return command.run(_draw, argv)


def _draw(arguments: argparse.Namespace) -> None:
    settings: SyntheticDataset = arguments.settings
    if arguments.workers < 1:
        raise UserError(f"--workers {arguments.workers}: has to be at least 1")
    scenes = SceneSettings(settings.seed, settings.width, settings.height)
    images = settings.images.model_dump()
    write_data_set(arguments.output, scenes, images, arguments.workers)
    log.info("%d scenes drawn in %s", sum(images.values()), arguments.output)


if __name__ == "__main__":
    main_of(main)
