"""`privacy show`: the privacy table on the terminal."""

from plain_commands.files import read_json
from plain_commands.section import validate

from workflow_scripts.common.cli import File
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy.table import as_plain_text


def show(table: File, /) -> None:
    """Print the privacy table.

    Args:
        table: tables/privacy.json.

    Raises:
        UserError: it is not such a file.
    """
    content: PrivacyTables = validate(PrivacyTables, read_json(table), str(table))
    print(as_plain_text(content.layouts, content.said, content.notes), end="")
