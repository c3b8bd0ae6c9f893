"""Page on which a person reviews a sample: one self-contained HTML file."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .answers import COLUMNS
from .sample import ReviewSample, ReviewTile

PARTS = Path(__file__).parent / "page_parts"


def review_page(sample: ReviewSample, title: str, views: Mapping[str, bytes]) -> str:
    """HTML of the page.

    Args:
        sample: the tiles.
        title: name of the images.
        views: JPEG file of each tile's view, by the tile's id.
    """
    environment = Environment(
        loader=FileSystemLoader(PARTS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    script = (PARTS / "script.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    content = {
        "sample": sample.id,
        "columns": COLUMNS,
        "tiles": [_tile(tile, views[tile.id]) for tile in sample.tiles],
    }
    return environment.get_template("page.html").render(
        title=title,
        sample=sample,
        content=content,
        style=Markup((PARTS / "style.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )


def _tile(tile: ReviewTile, view: bytes) -> dict[str, Any]:
    """Data of a tile for the page's script, without its stratum, which would be a hint."""
    return tile.model_dump(mode="json", exclude={"stratum"}) | {
        "jpeg": base64.b64encode(view).decode()
    }
