"""Check, before any job starts, that the files that an experiment names exist."""

from collections.abc import Callable, Collection
from pathlib import Path

from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file

from workflow_scripts.anonymization.methods.command import CommandMethod
from workflow_scripts.anonymization.methods.precomputed import Precomputed
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.settings import CocoDataset
from workflow_scripts.contracts.weights import OwnWeights, weights_in

IsMade = Callable[[Path], bool]
"""Whether a result is missing, or made anew."""


def refuse_missing_files(
    experiment: Experiment, layout: Layout, remade: Collection[str] = ()
) -> None:
    """Check that the files and folders exist that unfinished results need.

    Args:
        experiment: the config.
        layout: paths of the results.
        remade: paths of results that are made anew if they exist.

    Raises:
        UserError: one line per missing path, with the key that names it.
    """

    def is_made(result: Path) -> bool:
        return str(result) in remade or not result.exists()

    findings = [
        *(_images(experiment) if is_made(layout.shards) else []),
        *_further_tests(experiment, layout, is_made),
        *_regions(experiment),
        *_folders(experiment, layout, is_made),
        *_programs(experiment, layout, is_made),
        *_initial_weights(experiment, layout, is_made),
        *(line for key, one in weights_in(experiment) for line in _weights(key, one, layout)),
    ]
    if findings:
        raise UserError.of(findings)


def _images(experiment: Experiment) -> list[str]:
    dataset = experiment.dataset
    if isinstance(dataset, CocoDataset):
        named = {"train": dataset.train} | ({"val": dataset.val} if dataset.val else {})
        return [
            line
            for split, files in named.items()
            for line in (
                _lacking(f"dataset.{split}.images", files.images, folder=True),
                _lacking(f"dataset.{split}.annotations", files.annotations),
            )
            if line
        ]
    root = getattr(dataset, "root", None)
    line = root and _lacking("dataset.root", root, folder=True)
    return [line] if line else []


def _further_tests(experiment: Experiment, layout: Layout, is_made: IsMade) -> list[str]:
    return [
        line
        for name, files in experiment.evaluation.also.items()
        if is_made(layout.further_annotations(name))
        for line in (
            _lacking(f"evaluation.also.{name}.images", files.images, folder=True),
            _lacking(f"evaluation.also.{name}.annotations", files.annotations),
        )
        if line
    ]


def _regions(experiment: Experiment) -> list[str]:
    sections = {
        "pii": experiment.pii,
        "privacy.second_detection": experiment.privacy.second_detection,
    }
    files = {
        f"{section}.{kind.key.removeprefix('pii.')}.file": getattr(detector, "file", None)
        for section, detectors in sections.items()
        for kind, detector in detectors.detectors.items()
    }
    return [line for key, file in files.items() if file and (line := _lacking(key, file))]


def _folders(experiment: Experiment, layout: Layout, is_made: IsMade) -> list[str]:
    return [
        line
        for name, variant in experiment.variants.items()
        if isinstance(variant, Precomputed) and is_made(layout.manifest(name, "train"))
        if (line := _lacking(f"variants.{name}.folder", variant.folder, folder=True))
    ]


def _programs(experiment: Experiment, layout: Layout, is_made: IsMade) -> list[str]:
    findings = []
    for name, variant in experiment.variants.items():
        if isinstance(variant, CommandMethod) and is_made(layout.manifest(name, "train")):
            try:
                variant.check_early()
            except UserError as error:
                findings.append(f"variants.{name}.{error}")
    return findings


def _initial_weights(experiment: Experiment, layout: Layout, is_made: IsMade) -> list[str]:
    file = getattr(experiment.training, "initialisation", None)
    if not isinstance(file, Path) or not is_made(layout.training_checked):
        return []
    line = _lacking("training.initialisation", file)
    return [line] if line else []


def _weights(key: str, weights: OwnWeights, layout: Layout) -> list[str]:
    if weights.is_remote or (layout.weights / weights.sha256).exists():
        return []
    if line := _lacking(f"{key}.source", weights.local()):
        return [line]
    found = sha256_of_file(weights.local())
    if found != weights.sha256:
        return [
            f"{key}.sha256: the file {weights.source} has {found}; correct the hash or the source"
        ]
    return []


def _lacking(key: str, path: Path, *, folder: bool = False) -> str | None:
    """An error line if a path is missing or of the wrong kind."""
    if path.is_dir() if folder else path.is_file():
        return None
    what = "folder" if folder else "file"
    return f"{key}: no such {what}: {path}; correct the path, or put the {what} there"
