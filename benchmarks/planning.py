"""`python -m benchmarks.planning`: a dry run of 10, 100 and 1000 runs beside one of 1."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import yaml

PROJECT = Path(__file__).resolve().parent.parent


def benchmark() -> pd.DataFrame:
    """Plan the paper's experiment with more and more seeds.

    Returns:
        A row for each number of runs: what, ours_s (seconds of `snakemake --dry-run`),
        alternative_s (the same for one seed a variant: what starting Snakemake costs), ratio, note.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start = min(_dry_run(folder, 1)[0] for _ in range(3))
        rows = []
        for runs in (10, 100, 1000):
            seconds, jobs = _dry_run(folder, runs // 2)
            rows.append(
                {
                    "what": f"snakemake -n, {runs} runs, against 2 runs",
                    "ours_s": seconds,
                    "alternative_s": start,
                    "ratio": seconds / start,
                    "note": f"{jobs} jobs, {1000 * (seconds - start) / runs:.0f} ms a run more",
                }
            )
    return pd.DataFrame(rows)


def _dry_run(folder: Path, seeds: int) -> tuple[float, int]:
    """Seconds, and jobs planned."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({**config, "seeds": seeds}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    options = ["--configfile", path, "--directory", folder, "--dry-run", "--quiet", "rules"]
    start = time.perf_counter()
    done = subprocess.run(
        [*map(str, command), "--cores", "2", *map(str, options)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    (total,) = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("total ")}
    return seconds, int(total)


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
