"""What an installed detectron2 says about its configs, read without importing it.

Importing it takes seconds, since it imports torch, and a plan of the jobs is made many times.
"""

import difflib
import functools
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.training import Detectron2Training, Training

HOW_TO_INSTALL = (
    "detectron2 cannot be imported by this Python; run Snakemake with "
    "--software-deployment-method conda (envs/detectron2.yaml), or install it: docs/detectron2.md"
)


def installed() -> bool:
    """Whether detectron2 can be imported."""
    return importlib.util.find_spec("detectron2") is not None


def package_folder() -> Path:
    """The folder of the installed package.

    Raises:
        UserError: it is not installed.
    """
    spec = importlib.util.find_spec("detectron2")
    if spec is None:
        raise UserError(HOW_TO_INSTALL)
    return Path(spec.submodule_search_locations[0])


def config_path(name: str) -> Path:
    """The file that `training.config` names: in the model zoo, or anywhere.

    Raises:
        UserError: there is none, or detectron2 is not installed.
    """
    zoo = package_folder() / "model_zoo" / "configs"
    for path in (Path(name), zoo / name):
        if path.is_file():
            return path
    known = [path.relative_to(zoo).as_posix() for path in zoo.glob("*/*.*") if path.is_file()]
    raise UserError(
        f"training.config: {name} is neither a file nor in detectron2's model zoo"
        + _meant(name, known)
    )


def files_of_config(name: str) -> list[Path]:
    """The user's own files that a `training.config` is read from, the named one first.

    A yaml file may extend another (`_BASE_`). What lies in detectron2's model zoo is part of
    detectron2.
    """
    files: list[Path] = []
    path = Path(name)
    while path.is_file() and path not in files:
        files.append(path)
        base = re.search(r"^_BASE_: *[\"']?([^\"'#\n]+)", path.read_text(encoding="utf-8"), re.M)
        if not base:
            break
        path = path.parent / base[1].strip()
    return files


def check_settings(training: Training) -> None:
    """See early that detectron2 has the config and the options that are asked for.

    Only where this Python has detectron2; otherwise the job `check_training` does it.

    Raises:
        UserError: it has not.
    """
    if not isinstance(training, Detectron2Training) or not installed():
        return
    if config_path(training.config).suffix != ".py":
        check_option_keys(training.options)


def check_option_keys(keys: Iterable[str]) -> None:
    """See that detectron2 has options of these names.

    Raises:
        UserError: it has not; a line for each.
    """
    known = option_keys()
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise UserError.of(
            [
                f"training.options: detectron2 has no option {key}{_meant(key, known)}"
                for key in unknown
            ]
        )


@functools.cache
def option_keys() -> frozenset[str]:
    """The dotted names of all options, as the file of the defaults assigns them."""
    text = (package_folder() / "config" / "defaults.py").read_text(encoding="utf-8")
    plain = re.findall(r"^_C\.([\w.]+) = (?!CN\()", text, re.M)
    in_sections = re.findall(r"^_C\.([\w.]+) = CN\(\{\"(\w+)\"", text, re.M)
    return frozenset([*plain, *(".".join(names) for names in in_sections)])


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
