"""`weights record`: the manifest of an experiment's weights."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.files import write_json

from workflow_scripts.common.cli import Folder, NewFile, Settings
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.operations.weights import manifest_of


def record(*, settings: Settings[dict[str, Weights]], folder: Folder, output: NewFile) -> None:
    """Record the weights of an experiment, with origin and licence.

    The settings are those of `weights fetch`.

    Args:
        folder: folder of the files.
        output: weights/manifest.json.
    """
    manifest = manifest_of(settings, folder)
    write_json(output, manifest)
    log.info("%s with weights", counted(len(manifest["weights"]), "file"))
