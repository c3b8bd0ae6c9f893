"""Hash of everything that determines a result: Snakemake reruns a job when its fingerprint changes.

Snakemake itself would compare file times, or the text of a command. Neither determines a result: a
fresh clone has new times, and a command's text does not reveal changes to its code. A fingerprint
covers the settings, the data, and the code that a stage imports.
"""

import functools
from pathlib import Path
from typing import Any

from code_fingerprint import CodeBase
from plain_commands.files import canonical_json, sha256_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "workflow_scripts"
LOCK = ROOT / "envs" / "requirements.lock"
CACHE = ROOT / ".fingerprint_cache"

WITHOUT_EFFECT = (
    "folder_owner",
    "plain_commands.arguments",
    "plain_commands.console",
    "plain_commands.errors",
    "plain_commands.section",
    "plain_commands.texts",
    *(
        f"{PACKAGE}.{name}"
        for name in (
            "anonymization.commands.check",
            "anonymization.variants",
            "common.cli",
            "common.gpus",
            "config",
            "contracts.layout",
            "contracts.run_layout",
            "contracts.settings",
            "pii.commands.check",
            "privacy.settings",
            "training.commands.predict",
            "training.commands.train",
            "training.launcher",
            "training.metrics",
            "training.process_control",
            "training.origin",
            "training.programs.parts",
            "training.provenance",
            "training.settings",
            "training.validation",
            "training.engines.command",
            "training.engines.detectron2.settings",
            "training.engines.torchvision.settings",
        )
    ),
)
"""Packages and modules that change no result: messages, argument parsing, checks, file paths, GPUs,
and starting, locking and stopping processes. The config's code is excluded too: its values,
defaults included, are part of the fingerprint themselves. The commands `training train` and
`training predict` only start an engine, which names the code that counts."""


def fingerprint(**parts: Any) -> str:
    """Hash named parts (anything JSON can hold) into 64 hexadecimal digits."""
    return sha256_of(canonical_json(parts))


@functools.cache
def code_of(*modules: str) -> str:
    """Hash the code of modules of this package, of all that they import, and library versions.

    Args:
        modules: dotted names. Modules imported by name at run time (plug-ins) have to be listed.
    """
    found = _code_base().read(*modules)
    return fingerprint(code=found.modules, libraries=found.libraries)


@functools.cache
def _code_base() -> CodeBase:
    return CodeBase((ROOT, *sorted(ROOT.glob("packages/*/"))), LOCK, WITHOUT_EFFECT, CACHE)
