"""The command that draws the embedded data set."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.cli import Command, main_of
from workflow_scripts.config.dataset import SyntheticDataset
from workflow_scripts.console import log
from workflow_scripts.errors import UserError
from workflow_scripts.synthetic.writer import SceneSettings, write_data_set


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m workflow_scripts.synthetic`."""
    command = Command(
        "workflow_scripts.synthetic",
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
