"""Table I: images by split."""

from pathlib import Path

import pandas as pd

from workflow_scripts.common.files import atomic, write_text

ROWS = {"train": "Training", "val": "Validation", "test": "Test"}


def table_1(counts: dict[str, int]) -> pd.DataFrame:
    """The whitepaper's Table I for this data set: one row per split, then the total.

    Args:
        counts: number of images by split.
    """
    rows = [(ROWS[split], counts[split]) for split in ROWS if split in counts]
    rows.append(("Total Images", sum(counts.values())))
    return pd.DataFrame(rows, columns=["split", "images"])


def write_table_1(table: pd.DataFrame, folder: Path) -> None:
    """Write `table_1.csv` and `table_1.md`."""
    with atomic(folder / "table_1.csv") as temporary:
        table.to_csv(temporary, index=False)
    write_text(folder / "table_1.md", table.to_markdown(index=False) + "\n")
