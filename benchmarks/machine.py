"""Machine and version of a benchmark."""

import os
import subprocess
from pathlib import Path

RECORDS = tuple(f":(top,exclude)benchmarks/{name}" for name in ("speed.*", "history.csv"))
"""Files that benchmarks write into the checkout."""


def machine_class() -> str:
    """Processor and number of usable cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else os.uname().machine}, {len(os.sched_getaffinity(0))} cores"


def load_per_core() -> float:
    """Mean number of running processes in the last minute, per usable core."""
    return round(os.getloadavg()[0] / len(os.sched_getaffinity(0)), 1)


def commit() -> str:
    """Commit of this checkout, with `-dirty` if code has changes; `unknown` without git."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *RECORDS)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changes else head


def _git(*words: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
