"""Origin of an experiment's numbers, and the hash of each file."""

from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from plain_commands.files import read_json, sha256_of_file

from workflow_scripts.analysis.report.results import ExperimentResults, Run
from workflow_scripts.common.fingerprint import LOCK
from workflow_scripts.common.handing_on import without_folders
from workflow_scripts.contracts.provenance import Provenance, RunOrigin

NOT_HASHED = (
    *("provenance.json", "report.html", "tables/partial"),  # follow from this record
    *("runs/expected.json", "logs", "benchmarks", "usage"),  # change with every call
    *("runs/*/seed~*/checkpoints", "runs/*/seed~*/tensorboard"),  # state of trainings
    # Digests and manifests cover the images, and the names of weights are their hashes.
    *("data/synthetic", "images/*/*/*/", "anonymized", "privacy/attacks/*/pictures"),
    "weights/[0-9a-f]*",
)
"""Files and folders of the results folder that are not hashed, besides hidden ones."""


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
    """The hashed files."""
    return _visible_files(folder, {path for pattern in NOT_HASHED for path in folder.glob(pattern)})


def _visible_files(folder: Path, left_out: Container[Path]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path in left_out:
            continue
        if path.is_dir():
            yield from _visible_files(path, left_out)
        elif path.is_file():
            yield path
