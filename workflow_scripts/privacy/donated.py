"""Donors from whose faces a variant's new faces are mixed."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.section import validate

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.weights import OwnWeights, checked_bytes

NOT_RECORDED = "licence not recorded"


def sentences(methods: Mapping[str, Mapping[str, Any]], manifest: Path | None) -> Iterator[str]:
    """One sentence per variant with donors: their number and licence.

    Args:
        methods: settings of each variant's method.
        manifest: weights/manifest.json, with the licences; None if there is none.

    Raises:
        UserError: the file of donors is damaged or another one, or the manifest is malformed.
    """
    licences = _licences(manifest) if manifest else {}
    for variant, settings in methods.items():
        if named := settings.get("donors"):
            file: OwnWeights = validate(OwnWeights, named, f"{variant}.donors")
            licence = f"licence: {licences[file.sha256]}" if file.sha256 in licences else None
            yield (
                f"{variant}: new faces are mixed from photographs of {_number(file)} people "
                f"({licence or NOT_RECORDED})."
            )


def _licences(manifest: Path) -> dict[str, str]:
    """Licence of each file of weights by its SHA-256."""
    try:
        return {
            row["sha256"]: row["licence"]
            for row in read_json(manifest, made_again(manifest))["weights"]
        }
    except (KeyError, TypeError):
        raise UserError(f"{manifest}: not a manifest of weights; {made_again(manifest)}") from None


def _number(file: OwnWeights) -> int:
    """Number of people whose faces a file holds."""
    from natural_pii import Donors  # noqa: PLC0415 - slow, and few variants have any

    path = file.local()
    try:
        donors = Donors.read(BytesIO(checked_bytes(path, file.sha256)))
    except ValueError as error:
        raise UserError(f"{path}: {error}; see docs/natural.md") from None
    return donors.number_of_people
