"""The command that draws the embedded data set, by the package drawn_streets."""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from drawn_streets import SceneSettings, SettingsError, write_data_set

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import log, progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.dataset import SyntheticDataset


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m workflow_scripts.dataset.draw`."""
    command = Command(
        "workflow_scripts.dataset.draw",
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
    images = settings.images.model_dump()
    count = sum(images.values())
    try:
        write_data_set(
            arguments.output,
            SceneSettings(settings.seed, settings.width, settings.height),
            images,
            workers=arguments.workers,
            progress=partial(progress, total=count, description="drawing", unit="scenes"),
        )
    except (SettingsError, OSError) as error:
        raise UserError(str(error)) from None
    log.info("%d scenes drawn in %s", count, arguments.output)


if __name__ == "__main__":
    main_of(main)
