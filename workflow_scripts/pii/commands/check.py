"""`pii check`: check what a detection needs."""

from plain_commands.console import log
from plain_commands.counts import counted

from workflow_scripts.common.cli import Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.shard_arguments import Annotations, Images
from workflow_scripts.imaging.detection import ImageNames
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.pii import detect as detection
from workflow_scripts.pii.settings import Pii


def check(*, settings: Settings[Pii], annotations: Annotations, images: Images) -> None:
    """Check that faces and license plates can be detected: settings, annotations, files."""
    split = CocoSplit.read(annotations)
    ready = settings.for_data_set(ImageNames.of(annotations, images))
    detection.check(ready, split, pictures_of(split, images))
    for kind in Kind:
        if kind not in settings.detectors:
            log.info("%s is null: no %s are looked for", kind.key, kind.plural)
    found = " and ".join(kind.plural for kind in settings.detectors)
    log.info("%s can be detected in %s", found or "nothing", counted(len(split.images), "image"))
