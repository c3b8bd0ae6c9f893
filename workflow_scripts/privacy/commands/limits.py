"""`privacy limits`: check that no variant exceeds a privacy limit."""

from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.section import validate

from workflow_scripts.common.cli import File
from workflow_scripts.contracts.tables import PrivacyTables


def limits(table: File, /) -> None:
    """Fail if an attack on a variant exceeds a limit (privacy.limits).

    Args:
        table: tables/privacy.json.

    Raises:
        UserError: a limit is exceeded, or its measure is missing; reports all findings at once.
    """
    content: PrivacyTables = validate(PrivacyTables, read_json(table), str(table))
    if content.broken:
        raise UserError.of([f"privacy.limits: {said}" for said in content.broken])
    if not content.limits:
        log.info("no limits are set (privacy.limits)")
        return
    log.info("every variant is within the limits: %s", ", ".join(content.limits))
