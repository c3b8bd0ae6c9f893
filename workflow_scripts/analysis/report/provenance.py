"""Origin of an experiment's numbers, and the hash of each file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from plain_commands.files import read_json, sha256_of_file

from workflow_scripts.analysis.report.results import ExperimentResults, Run
from workflow_scripts.common.fingerprint import LOCK
from workflow_scripts.common.handing_on import without_folders
from workflow_scripts.contracts.provenance import Provenance, RunOrigin

HASHED = (
    *("data/*.json", "data/*.csv", "pii/*/*.parquet", "pii/summary.json", "privacy/*.json"),
    *("privacy/attacks/*/success.json", "privacy/missed/*", "privacy/review/numbers.json"),
    *("privacy/membership/*/*.json", "speed.json", "registration.json"),
    *("images/*/*/manifest.parquet", "runs/*/seed~*/*", "tables/*.*", "figures/*.*"),
    *("data/also/*.json", "runs/*/seed~*/also~*/*", "tables/also/*/*.*"),
)
"""Hashed files of the results folder; the hashes of images are in their manifests."""


def provenance_of(results: ExperimentResults, config: dict[str, Any]) -> Provenance:
    """Content of provenance.json.

    Args:
        results: the experiment.
        config: config of the experiment, defaults included.
    """
    trainings = [run.training for run in results.runs if run.training]
    shards = results.folder / "data/shards.json"
    weights = results.folder / "weights/manifest.json"
    return Provenance(
        experiment=results.name,
        config=without_folders(config),
        commits=tuple(sorted({str(training.git_commit) for training in trainings})),
        lock_sha256=sha256_of_file(LOCK),
        versions=_different(training.versions for training in trainings),
        devices=_different(training.devices for training in trainings),
        data=read_json(shards)["digests"] if shards.exists() else {},
        weights=without_folders(read_json(weights)["weights"]) if weights.exists() else (),
        runs=tuple(_run(run) for run in results.runs),
        files={
            path.relative_to(results.folder).as_posix(): sha256_of_file(path)
            for path in _files(results.folder)
        },
    )


def _run(run: Run) -> RunOrigin:
    kept = ("fingerprint", "git_commit", "start", "end", "devices", "world_size")
    return RunOrigin(
        variant=run.variant,
        seed=run.seed,
        state=run.status.state,
        reason=without_folders(run.status.reason),
        **{key: getattr(run.training, key, None) for key in kept},
    )


def _different(values: Iterable[Any]) -> tuple[Any, ...]:
    """Distinct values in the order of appearance."""
    found: list[Any] = []
    for value in values:
        if value is not None and value not in found:
            found.append(value)
    return tuple(found)


def _files(folder: Path) -> Iterator[Path]:
    for pattern in HASHED:
        yield from (path for path in sorted(folder.glob(pattern)) if path.is_file())
