"""`privacy show`: the privacy table on the terminal."""

from workflow_scripts.common.cli import File
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json
from workflow_scripts.privacy import table as audits_table


def show(table: File, /) -> None:
    """Print the privacy table.

    Args:
        table: tables/privacy.json.

    Raises:
        UserError: it is another file.
    """
    content = read_json(table)
    try:
        reports = content["audits"]
        tables, notes = audits_table.text_tables(reports), audits_table.shortcomings(reports)
        print(audits_table.as_plain_text(tables, notes), end="")
    except (KeyError, TypeError) as error:
        raise UserError(f"{table}: not a privacy.json ({error}); make it again") from None
