"""`privacy table`: the audits of all variants."""

from figures_and_tables.tables import csv_of, latex_tables, markdown, write_formats
from plain_commands.console import log

from workflow_scripts.common.cli import Files, Folder
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy import table as audits_table


def table(*, audits: Files, output: Folder) -> None:
    """Bring the audits of all variants together in one table.

    Args:
        audits: privacy/{variant}.json, in the order of the rows.
        output: folder for privacy.csv, .md, .tex and .json.
    """
    found = tuple(Audit.read(path) for path in audits)
    content = PrivacyTables(
        audits=found,
        notes=tuple(audits_table.shortcomings(found)),
        caption=audits_table.CAPTION,
        layouts=tuple(audits_table.text_tables(found)),
    )
    write_formats(
        output,
        "privacy",
        csv=csv_of(audits_table.long_table(found)),
        md=markdown(content.layouts, content.caption, content.notes),
        tex=latex_tables(content.layouts, content.caption, "privacy"),
        json=content.as_json(),
    )
    log.info("%s.{csv,md,tex,json}: %d variants", output / "privacy", len(found))
