"""Dry run of many runs and shards, compared with a bare workflow of as many jobs and files."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from plain_commands.files import write_json

from benchmarks.comparison import Comparison, comparison, cpu_seconds

PROJECT = Path(__file__).resolve().parents[2]
BARE = PROJECT / "benchmarks/bare_planning.smk"
INDEX = "train.coco.json", "val.coco.json", "table_1.csv", "table_1.md"
SIZES = ((2, 5, 32), (100, 10, 1), (100, 10, 32))
"""Variants, seeds and shards."""
ROUNDS = 2


def comparisons() -> Iterator[Comparison]:
    """Experiments after indexing, from the paper's to one of a thousand runs."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for variants, seeds, shards in SIZES:
            config = _experiment(folder, variants, seeds, shards)
            ours = "--snakefile", PROJECT / "Snakefile", "--configfile", config
            counts = f"variants={variants}", f"seeds={seeds}", f"shards={shards}"
            bare = "--snakefile", BARE, "--config", *counts
            rounds = [(_dry_run(folder, ours), _dry_run(folder, bare)) for _ in range(ROUNDS)]
            (_, jobs), (_, bare_jobs) = rounds[0]
            times = tuple(seconds for (seconds, _), _ in rounds)
            limits = tuple(seconds for _, (seconds, _) in rounds)
            yield comparison(
                f"plan {jobs} jobs",
                f"`snakemake --dry-run`, {variants} variants x {seeds} seeds, {shards} shards",
                times,
                limit=("a bare workflow of the same jobs and files", limits),
                unit="plan",
                note=f"{1e3 * min(times) / jobs:.1f} ms per job; "
                f"the bare workflow has {bare_jobs} jobs",
            )


def _dry_run(folder: Path, options: tuple[object, ...]) -> tuple[float, int]:
    """CPU seconds and number of planned jobs."""
    seconds, said = _snakemake(folder, *options)
    (total,) = {line.split()[1] for line in said.splitlines() if line.startswith("total ")}
    return seconds, int(total)


def _snakemake(folder: Path, *options: object) -> tuple[float, str]:
    command = [sys.executable, "-m", "snakemake", *map(str, options), "--cores", "2"]
    started = cpu_seconds()
    done = subprocess.run(
        [*command, "--directory", str(folder), "--dry-run", "--quiet", "rules"],
        capture_output=True,
        text=True,
        check=True,
    )
    return cpu_seconds() - started, done.stdout


def _experiment(folder: Path, variants: int, seeds: int, shards: int) -> Path:
    """The paper's config with more variants (blur of different strengths), and its index."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["variants"] = {"unmodified": {"method": "unmodified"}}
    for number in range(1, variants):
        config["variants"][f"blur_{number}"] = {"method": "blur", "strength": number / 100}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({**config, "seeds": seeds}))
    _write_index(folder / "results" / config["experiment"] / "data", shards)
    return path


def _write_index(data: Path, shards: int) -> None:
    """Write the part of the index that a dry run needs: the shards' names."""
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
