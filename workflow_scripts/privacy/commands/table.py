"""`privacy table`: the audits of all variants."""

from workflow_scripts.common.cli import Files, Folder
from workflow_scripts.common.console import log
from workflow_scripts.contracts.tables import latex_tables, write_formats
from workflow_scripts.privacy import table as audits_table
from workflow_scripts.privacy.report import read_report


def table(*, audits: Files, output: Folder) -> None:
    """Bring the audits of all variants together in one table.

    Args:
        audits: privacy/{variant}.json, in the order of the rows.
        output: folder for privacy.csv, .md, .tex and .json.
    """
    reports = [read_report(path) for path in audits]
    notes, tables = audits_table.shortcomings(reports), audits_table.text_tables(reports)
    write_formats(
        output,
        "privacy",
        csv=audits_table.long_table(reports).to_csv(index=False),
        md=audits_table.as_markdown(tables, notes),
        tex=latex_tables(tables, audits_table.CAPTION, "privacy"),
        json=audits_table.as_json(reports, tables, notes),
    )
    log.info("%s.{csv,md,tex,json}: %d variants", output / "privacy", len(reports))
