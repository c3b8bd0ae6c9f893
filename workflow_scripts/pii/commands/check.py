"""`pii check`: what a detection needs."""

from workflow_scripts.common.cli import Settings
from workflow_scripts.common.console import log
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations, Images
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.pii import detect as detection
from workflow_scripts.pii.settings import Pii


def check(*, settings: Settings[Pii], annotations: Annotations, images: Images) -> None:
    """Check whether faces and license plates can be detected: settings, annotations, files."""
    split = CocoSplit.read(annotations)
    detection.check(settings, split, pictures_of(split, images))
    log.info("faces and license plates can be detected in %d images", len(split.images))
