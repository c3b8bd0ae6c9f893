"""Configs, options and weights of the installed detectron2, mostly read without importing it.

Importing it takes seconds, since it imports torch, and jobs are planned often.
"""

import contextlib
import difflib
import functools
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings

SERVER = "https://dl.fbaipublicfiles.com/"
IMAGENET = "detectron2://ImageNetPretrained/"
COCO = "detectron2://COCO-InstanceSegmentation/"
RESNETS = {50: f"{IMAGENET}MSRA/R-50.pkl", 101: f"{IMAGENET}MSRA/R-101.pkl"}
"""ImageNet weights by depth, for configs that start from other weights."""

HOW_TO_INSTALL = (
    "detectron2 cannot be imported by this Python; run Snakemake with "
    "--software-deployment-method conda (envs/detectron2.yaml), or install it: docs/detectron2.md"
)


def is_installed() -> bool:
    """Whether detectron2 can be imported."""
    return importlib.util.find_spec("detectron2") is not None


@contextlib.contextmanager
def import_errors_explained() -> Iterator[None]:
    """A context for imports of detectron2.

    Raises:
        UserError: detectron2 cannot be imported; the message says what to install.
    """
    try:
        yield
    except ImportError as error:
        if not is_installed():
            raise UserError(HOW_TO_INSTALL) from None
        raise UserError(
            f"detectron2 is installed but cannot be imported ({error}); it has to be built for "
            "the installed torch, see docs/detectron2.md"
        ) from None


def package_folder() -> Path:
    """Folder of the installed package.

    Raises:
        UserError: detectron2 is not installed.
    """
    spec = importlib.util.find_spec("detectron2")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(HOW_TO_INSTALL)
    return Path(spec.submodule_search_locations[0])


def config_path(name: str) -> Path:
    """File that `training.config` names: a path, or a name in the model zoo.

    Raises:
        UserError: no such file, or detectron2 is not installed.
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
    """The user's config files that `training.config` is read from, starting with the named one.

    A yaml file may extend another (`_BASE_`). Files in detectron2's model zoo are part of
    detectron2, so they are not listed.
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


def check_option_names(keys: Iterable[str]) -> None:
    """Check that detectron2 has options with these names.

    Raises:
        UserError: options are unknown; one line each.
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
    """Dotted names of all options, parsed from the file that assigns their defaults."""
    text = (package_folder() / "config" / "defaults.py").read_text(encoding="utf-8")
    plain = re.findall(r"^_C\.([\w.]+) = (?!CN\()", text, re.M)
    in_sections = re.findall(r"^_C\.([\w.]+) = CN\(\{\"(\w+)\"", text, re.M)
    return frozenset([*plain, *(".".join(names) for names in in_sections)])


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def weights_name(settings: Detectron2Settings, own: str, depth: int | None) -> str:
    """Name or path of the initial weights, as detectron2 names it; empty for random weights.

    Args:
        settings: the recipe.
        own: initial weights in detectron2's config.
        depth: depth of the ResNet backbone; None for other backbones.

    Raises:
        UserError: the zoo has no such weights.
    """
    name: str | None
    match settings.initialisation:
        case "none":
            return ""
        case "imagenet":
            name = own if own.startswith(IMAGENET) else RESNETS.get(depth or 0)
        case "coco":
            name = own if own.startswith(COCO) else _result_of(settings.config)
        case path:
            return str(path)
    if name is None:
        raise UserError(
            f"training.initialisation: detectron2's zoo has no {settings.initialisation} weights "
            f"for {settings.config}; set it to a file, or to none"
        )
    return name


def zoo_file(name: str) -> tuple[str, Path]:
    """URL of a file of weights, and the path of detectron2's own download.

    Args:
        name: as detectron2 names it: `detectron2://…`.
    """
    path = name.replace("://", "/")
    cache = Path(os.environ.get("FVCORE_CACHE", Path.home() / ".torch" / "iopath_cache"))
    return SERVER + path, cache / path


def _result_of(config: str) -> str | None:
    """Name of the zoo's weights for a config."""
    # Imported here, since the import fails with setuptools 81 or newer.
    try:
        from detectron2.model_zoo.model_zoo import _ModelZooUrls  # noqa: PLC0415
    except ImportError as error:
        raise UserError(
            f"training.initialisation: detectron2's list of weights cannot be read ({error}); "
            "install setuptools<81"
        ) from None
    name = config.removesuffix(".yaml")
    suffix = _ModelZooUrls.CONFIG_PATH_TO_URL_SUFFIX.get(name)
    return suffix and f"detectron2://{name}/{suffix}"
