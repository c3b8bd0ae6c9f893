"""`make bench`: all benchmarks, each against its alternative in the same run."""

import os
import platform
import sys

import pandas as pd

from benchmarks import (
    anonymization,
    cityscapes,
    deface,
    detection,
    evaluation,
    index,
    planning,
    training,
)

BENCHMARKS = (index, detection, anonymization, deface, evaluation, cityscapes, planning, training)


def main() -> None:
    """Run them one after the other and print one table."""
    tables = []
    for module in BENCHMARKS:
        print(f"{module.__name__} …", file=sys.stderr, flush=True)
        tables.append(module.benchmark())
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}\n")
    print(pd.concat(tables).to_markdown(index=False, floatfmt=".2f"))


if __name__ == "__main__":
    main()
