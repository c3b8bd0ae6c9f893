"""Table I: images by split."""

from pathlib import Path

from plain_commands.files import write_text
from tabulate import tabulate

ROWS = {"train": "Training", "val": "Validation", "test": "Test"}


def write_table_1(counts: dict[str, int], folder: Path) -> None:
    """Write the whitepaper's Table I for this data set, `table_1.csv` and `table_1.md`.

    It has one row per split, then the total.

    Args:
        counts: number of images by split.
        folder: output folder, created if missing.
    """
    rows = [(ROWS[split], counts[split]) for split in ROWS if split in counts]
    rows.append(("Total Images", sum(counts.values())))
    lines = ["split,images", *(f"{name},{count}" for name, count in rows)]
    write_text(folder / "table_1.csv", "\n".join(lines) + "\n")
    write_text(folder / "table_1.md", tabulate(rows, ["split", "images"], "pipe") + "\n")
