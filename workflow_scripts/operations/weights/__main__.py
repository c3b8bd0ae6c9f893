"""`python -m workflow_scripts.operations.weights <action> …`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_json
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.operations.weights.fetch import fetch
from workflow_scripts.operations.weights.manifest import manifest_of

Named = dict[str, Weights]
"""Weights by the key of the config that names them."""


def _fetch_command() -> Command:
    command = Command(
        "workflow_scripts.operations.weights fetch",
        "Copy or download files of weights, each checked and then named by its sha256.\n"
        "The settings are several, by a name of your choice; the workflow takes the config's keys.",
        settings=Named,
    )
    command.argument("--output", type=Path, required=True, metavar="FOLDER", help="for the files")
    command.argument(
        "--only", metavar="SHA256", help="this file alone, and none of the others (default: all)"
    )
    return command


def _record_command() -> Command:
    command = Command(
        "workflow_scripts.operations.weights record",
        "Write down which weights an experiment uses, where they came from and under which terms.\n"
        "The settings are those of `fetch`.",
        settings=Named,
    )
    command.argument("--folder", type=Path, required=True, metavar="FOLDER", help="of the files")
    command.argument(
        "--output", type=Path, required=True, metavar="FILE", help="weights/manifest.json"
    )
    return command


def _fetch(arguments: argparse.Namespace) -> None:
    chosen = {
        key: weights
        for key, weights in arguments.settings.items()
        if arguments.only in (None, weights.sha256)
    }
    if not chosen and arguments.only:
        raise UserError(f"--only: no weights of the config have the sha256 {arguments.only}")
    for key, weights in chosen.items():
        fetch(key, weights, arguments.output)


def _record(arguments: argparse.Namespace) -> None:
    manifest = manifest_of(arguments.settings, arguments.folder)
    write_json(arguments.output, manifest)
    log.info("%d files of weights", len(manifest["weights"]))


ACTIONS = {
    "fetch": Action("copy or download them", lambda argv: _fetch_command().run(_fetch, argv)),
    "record": Action("write the manifest", lambda argv: _record_command().run(_record, argv)),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "workflow_scripts.operations.weights",
        "Get the weights that a config names, and record their origin and licence.",
        ACTIONS,
        argv,
    )


if __name__ == "__main__":
    main_of(main)
