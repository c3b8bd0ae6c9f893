"""`privacy/{variant}.json`: a variant's audit on disk."""

from pathlib import Path
from typing import Any

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json, sha256_of_file
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy import again
from workflow_scripts.privacy.again import Finder
from workflow_scripts.privacy.embedding import FaceEmbedding

SCHEMA = 1


def made_with(
    folder: Path | None,
    finders: dict[Kind, Finder],
    embedding: FaceEmbedding | None,
    fingerprint: str | None,
) -> dict[str, Any]:
    """What an audit's numbers come from.

    Args:
        folder: images/{variant}/train; None: the originals.
        finders: who looked again.
        embedding: the face recognition, where there is one.
        fingerprint: of the job: images, settings and code.
    """
    return {
        "fingerprint": fingerprint,
        "manifest_sha256": folder and sha256_of_file(folder / FILE_NAME),
        "detectors": {
            kind.value: {
                "settings": finder.detector.model_dump(mode="json"),
                "stands_in_for_annotations": finder.stands_in,
                "margin": again.MARGIN,
                "min_iou": again.MIN_IOU,
            }
            for kind, finder in finders.items()
        },
        "embedding": embedding and {"sha256": embedding.sha256},
    }


def read_report(path: Path) -> dict[str, Any]:
    """Read an audit.

    Raises:
        UserError: it is missing, or something else.
    """
    content = read_json(path)
    wanted = ("variant", "originals", "kinds", "images", "outside", "whole_images", "metadata")
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UserError(f"{path}: not an audit of a variant (schema {SCHEMA}); audit it again")
    missing = [key for key in wanted if key not in content]
    if missing:
        raise UserError(f"{path}: not an audit, {missing[0]} is missing; audit it again")
    return content
