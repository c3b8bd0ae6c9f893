"""How all figures look, and how they are written."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from workflow_scripts.files import atomic

TEXT = "#1a1a1a"
QUIET = "#6b747c"
GRID = "#e3e3e3"


def style(name: str, **more: Any) -> Any:
    """A context in which a figure is drawn and saved.

    Args:
        name: of the figure's files; the same figure under the same name has the same bytes.
        more: further settings of matplotlib, by their names with _ in place of the point.
    """
    settings = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": name,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": GRID,
        **{key.replace("_", "."): value for key, value in more.items()},
    }
    return matplotlib.rc_context(settings)


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as `{name}.svg` and `{name}.png` to a folder, each atomically."""
    for suffix, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 200})):
        with atomic(folder / f"{name}.{suffix}") as temporary:
            figure.savefig(temporary, **options)
