"""`anonymization check`: check that variants can be made."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError

from workflow_scripts.anonymization.variants import Variants
from workflow_scripts.common.cli import Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations


def check(*, settings: Settings[Variants], annotations: Annotations) -> None:
    """Check that variants can be made, e.g. that a folder of images is complete.

    The settings are those of all variants, by name.

    Raises:
        UserError: one line per finding, with its variant.
    """
    split = CocoSplit.read(annotations)
    findings = []
    for name, method in settings.items():
        try:
            method.check(split)
        except UserError as error:
            findings += [f"variants.{name}: {line}" for line in str(error).splitlines()]
    if findings:
        raise UserError.of(findings)
    log.info("%s: check passed (%s)", ", ".join(settings), counted(len(split.images), "image"))
