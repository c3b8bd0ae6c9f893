"""`dataset draw`: the embedded data set, by the package drawn_streets."""

import os
from functools import partial

from drawn_streets import SceneSettings, SettingsError, write_data_set
from plain_commands.console import log, progress
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import explained

from workflow_scripts.common.cli import NewFolder, Positive, Settings
from workflow_scripts.contracts.settings import SyntheticDataset


def draw(
    *, settings: Settings[SyntheticDataset], output: NewFolder, workers: Positive | None = None
) -> None:
    """Draw street scenes with exact masks, faces and license plates, in the Cityscapes layout.

    The same settings give the same files for any number of workers.

    Args:
        output: folder of the data set.
        workers: processes (default: all CPUs).

    Raises:
        UserError: the settings cannot be drawn, or the folder cannot be written.
    """
    images = settings.images.model_dump()
    count = sum(images.values())
    try:
        with explained(output):
            write_data_set(
                output,
                SceneSettings(settings.seed, settings.width, settings.height),
                images,
                workers=workers or os.cpu_count() or 1,
                progress=partial(progress, total=count, description="drawing", unit="scenes"),
            )
    except SettingsError as error:
        raise UserError(str(error)) from None
    log.info("%s drawn in %s", counted(count, "scene"), output)
