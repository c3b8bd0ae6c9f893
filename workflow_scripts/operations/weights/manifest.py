"""The record of an experiment's weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.weights import Weights, checked_bytes

SCHEMA = 1


def manifest_of(named: Mapping[str, Weights], folder: Path) -> dict[str, Any]:
    """What `weights/manifest.json` holds.

    Args:
        named: the weights by the key that names them.
        folder: of the fetched files.

    Raises:
        UserError: a file is missing or damaged.
    """
    rows = [
        {
            "key": key,
            "source": weights.source,
            "sha256": weights.sha256,
            "bytes": len(checked_bytes(folder / weights.sha256, weights.sha256)),
            "licence": weights.licence,
        }
        for key, weights in sorted(named.items())
    ]
    return {"schema": SCHEMA, "weights": rows}
