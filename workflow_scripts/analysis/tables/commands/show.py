"""`tables show`: Table II on the terminal."""

from workflow_scripts.analysis.tables import formats
from workflow_scripts.common.cli import File
from workflow_scripts.contracts.tables import ResultTable


def show(table: File, /) -> None:
    """Print Table II.

    Args:
        table: a table_2.json.
    """
    formats.show(ResultTable.read(table))
