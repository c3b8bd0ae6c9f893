"""Figures embedded in a web page: themed, without active content."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.figure import Figure
from plain_commands.errors import UserError

from . import figures

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
KEPT = ("svg", "g", "defs", "path", "use", "text", "tspan", "image", "rect", "clipPath")
"""Elements that figures consist of; all others are removed."""
THEMED = {
    "#000000": "ink",
    figures.TEXT: "ink",
    figures.QUIET: "quiet",
    figures.GRID: "grid",
    figures.BAND: "band",
    "#ffffff": "paper",
    figures.BLUE: "blue",
    figures.ORANGE: "orange",
    figures.GREEN: "green",
    figures.RED: "red",
    figures.PINK: "pink",
    figures.SKY: "sky",
}
"""Colours that follow the page's theme, and the page's variables for them."""
_FONT = re.compile(r"font: (?:(\w+) )?([\d.]+px) [^;]*")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_COLOUR = re.compile("|".join(THEMED))

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def inline_figure(figure: Figure, name: str, label: str) -> Markup:
    """Figure as an `svg` element.

    Args:
        figure: figure drawn within `figures.style`.
        name: name, unique in the page; ids start with it.
        label: description for screen readers.
    """
    stream = io.BytesIO()
    with figures.style(name):
        figures.lay_out(figure)
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inline(stream.getvalue(), name, label)


def inline_file(path: Path, label: str) -> Markup:
    """SVG file of a figure as an `svg` element with a label.

    Raises:
        UserError: it is not an SVG.
    """
    try:
        return _inline(path.read_bytes(), path.stem, label)
    except ElementTree.ParseError as error:
        raise UserError(f"{path}: not an svg ({error}); draw it again") from None


def keywords_of(path: Path) -> set[str]:
    """Keywords in the metadata of an SVG file."""
    text = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
    root = ElementTree.parse(path).getroot()
    return {element.text or "" for element in root.iter(text)}


def _inline(content: bytes, name: str, label: str) -> Markup:
    root = ElementTree.fromstring(content)
    _keep_known(root)
    for element in root.iter():
        _rename(element, name)
        style = element.get("style")
        if style is not None:
            element.set("style", _themed(style))
    width = float(root.attrib.pop("width").removesuffix("pt"))
    del root.attrib["height"]
    # Without the role, screen readers would read the words in drawing order.
    root.set("role", "img")
    root.set("aria-label", label)
    root.set("style", f"--width: {width * 4 / 3:.0f}px; width: var(--width)")
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _keep_known(parent: ElementTree.Element) -> None:
    for child in list(parent):
        if child.tag.removeprefix(f"{{{SVG}}}") in KEPT:
            _keep_known(child)
        else:
            parent.remove(child)
    for key in list(parent.attrib):
        inside = parent.attrib[key].startswith(("#", "data:image/png;"))
        if key.startswith("on") or (key.endswith("href") and not inside):
            del parent.attrib[key]


def _rename(element: ElementTree.Element, name: str) -> None:
    """Prefix ids with the figure's name, since a page contains many figures."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key.endswith("href") and value.startswith("#"):
            element.set(key, f"#{name}-{value[1:]}")
        else:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _themed(style: str) -> str:
    style = _FONT.sub(lambda m: f"font-size: {m[2]}; font-weight: {m[1] or 400}", style)
    return _COLOUR.sub(lambda match: f"var(--{THEMED[match[0]]})", style)
