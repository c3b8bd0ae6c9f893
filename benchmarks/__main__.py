"""`python -m benchmarks`: a table of the speed of all parts, compared with a peer or a limit.

Writes speed.md, speed.json and history.csv beside this file, and reports ratios that became worse
since the last run on this class of machine. `--only NAME`, which may be repeated, runs some.
"""

import argparse
import importlib
import pkgutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from plain_commands.errors import UserError

from benchmarks import speed
from benchmarks.comparison import Comparison
from benchmarks.history import BUSY, Entry, read_history, slowdowns, write_history
from benchmarks.machine import commit, load_per_core, machine_class
from benchmarks.table import MeasuredRow, markdown, read_rows, replaced, write_rows

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(speed.__path__)))


def measured(name: str, commit: str, machine: str) -> list[MeasuredRow]:
    """Rows of a benchmark."""
    print(f"{name} …", file=sys.stderr, flush=True)
    rows = importlib.import_module(f"benchmarks.speed.{name}").comparisons()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    load = load_per_core()
    return [MeasuredRow(name, today, commit, machine, load, row) for row in rows]


def recorded(rows: list[MeasuredRow], folder: Path) -> list[str]:
    """Add measured rows to the table and the history.

    Args:
        rows: the new rows.
        folder: folder of speed.md, speed.json and history.csv.

    Returns:
        One line per ratio that became worse.

    Raises:
        UserError: a file of the folder is damaged.
    """
    history = folder / "history.csv"
    earlier = read_history(history)
    new = [Entry.of(one, one.row) for one in rows if isinstance(one.row, Comparison)]
    write_history(history, [*earlier, *new])
    write_rows(folder, replaced(read_rows(folder / "speed.json"), rows))
    return [
        f"{now.benchmark}: {now.ratio:.2f} ± {now.noise:.2f} of {now.against}, "
        f"{last.ratio:.2f} ± {last.noise:.2f} at {last.commit} ({last.date})"
        for now, last in slowdowns(new, earlier)
    ]


def names_of(words: list[str] | None) -> tuple[str, ...]:
    """Names of the selected benchmarks; all if none is named.

    Raises:
        UserError: there is no such benchmark.
    """
    unknown = [word for word in words or () if word not in NAMES]
    if unknown:
        raise UserError(f"--only: there is no benchmark {unknown[0]}; choose {', '.join(NAMES)}")
    return tuple(words or NAMES)


def main() -> None:
    """Measure, print the rows, and record them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help=f"one of {', '.join(NAMES)}; may be repeated",
    )
    try:
        names = names_of(parser.parse_args().only)
        commit_here, machine = commit(), machine_class()
        busy, worse = False, []
        for name in names:
            rows = measured(name, commit_here, machine)
            print(f"{markdown(rows)}\n", flush=True)
            busy |= any(row.load > BUSY for row in rows)
            worse += recorded(rows, FOLDER)
    except UserError as error:
        sys.exit(f"error: {error}")
    if busy:
        print(
            f"The machine was busy (a load above {BUSY} per core): some ratios were not compared "
            "with earlier ones."
        )
    if worse:
        print("Worse than in the last run here, by more than the variation between rounds:")
        print("\n".join(worse))


if __name__ == "__main__":
    main()
