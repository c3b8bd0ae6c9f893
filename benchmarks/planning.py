"""`python -m benchmarks.planning`: a dry run of many runs and shards beside one of few."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import yaml
from plain_commands.files import write_json

PROJECT = Path(__file__).resolve().parent.parent
INDEX = "train.coco.json", "val.coco.json", "table_1.csv", "table_1.md"


def benchmark() -> pd.DataFrame:
    """Plan the paper's experiment with more and more seeds, then with variants and shards too.

    Returns:
        A row for each size: what, ours_s (seconds of `snakemake --dry-run`), alternative_s (the
        same for one seed a variant: what starting Snakemake costs), ratio, note.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start = min(_dry_run(folder, variants=2, seeds=1)[0] for _ in range(3))
        sizes = [{"variants": 2, "seeds": runs // 2} for runs in (10, 100, 1000)]
        sizes += [{"variants": 100, "seeds": 10, "shards": shards} for shards in (1, 32)]
        rows = []
        for size in sizes:
            seconds, jobs = _dry_run(folder, **size)
            what = ", ".join(f"{count} {name}" for name, count in size.items())
            rows.append(
                {
                    "what": f"snakemake -n, {what}, against 2 runs",
                    "ours_s": seconds,
                    "alternative_s": start,
                    "ratio": seconds / start,
                    "note": f"{jobs} jobs, {1000 * (seconds - start) / jobs:.1f} ms a job more",
                }
            )
    return pd.DataFrame(rows)


def _dry_run(folder: Path, variants: int, seeds: int, shards: int = 0) -> tuple[float, int]:
    """Seconds, and jobs planned.

    Args:
        folder: to plan in.
        variants: the original, and blur of so many strengths but one.
        seeds: of each variant.
        shards: that the index has found; 0 before it.
    """
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["variants"] = {"unmodified": {"method": "unmodified"}}
    for number in range(1, variants):
        config["variants"][f"blur_{number}"] = {"method": "blur", "strength": number / 100}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({**config, "seeds": seeds}))
    if shards:
        _write_index(folder / "results" / config["experiment"] / "data", shards)
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


def _write_index(data: Path, shards: int) -> None:
    """What a dry run needs of the index: the shards' names."""
    write_json(
        data / "shards.json",
        {
            "images_per_shard": 1,
            "digests": {"train": "", "val": ""},
            "shards": {f"{number:03d}-{number:08x}": ["a.png"] for number in range(shards)},
        },
    )
    for name in INDEX:
        (data / name).touch()


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
