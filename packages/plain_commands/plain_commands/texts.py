"""JSON and YAML written by users, in files and on the command line.

YAML 1.1 reads some plain text differently than most writers mean, and keeps the last of duplicate
keys. Both are refused, with the line.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from .errors import UserError
from .files import read_text, without_doubles

MOST_VALUES = 100_000
"""Maximum number of values in a file; aliases count each time."""
Key = tuple[str, ...]
"""A key of a file, with its parent keys."""


def parse_json(text: str, where: str) -> Any:
    """Parse JSON text.

    Args:
        text: text from the command line.
        where: the option, for the error.

    Raises:
        UserError: it is not JSON, or has a duplicate key.
    """
    try:
        return json.loads(text, object_pairs_hook=without_doubles)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not valid JSON ({error})") from None


def read_given(source: str, option: str) -> tuple[Any, str]:
    """Value of an option: JSON text, or the name of a JSON or YAML file.

    Returns:
        The content, and its source, for further errors.

    Raises:
        UserError: it is unreadable or neither.
    """
    if names_file(source):
        return read_yaml(Path(source)), source
    return parse_json(source, option), option


def names_file(source: str) -> bool:
    """Whether the value of such an option is the name of a file, not JSON text."""
    return not source.lstrip().startswith(("{", "[", '"'))


def read_yaml(path: Path, words: Collection[Key] = ()) -> Any:
    """The content of a YAML file, or of a JSON file.

    Args:
        path: the file.
        words: keys that YAML does not read as text, but that are allowed, such as `on`.

    Raises:
        UserError: it cannot be read, is not UTF-8, or is not valid YAML: one line per finding, with
            its line and key.
    """
    import yaml  # noqa: PLC0415 - most commands get JSON

    text = read_text(path)
    if path.suffix == ".json":
        return parse_json(text, str(path))
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        findings = []
        for number, (found, what) in enumerate(_values(node, loader, (), (), words)):
            if what:
                findings.append(f"{path}: line {found.start_mark.line + 1}: {what}")
            if number > MOST_VALUES:
                raise UserError(f"{path}: more than {MOST_VALUES} values; its aliases multiply")
        if findings:
            raise UserError.of(findings)
        return loader.construct_document(node)
    except RecursionError:
        raise UserError(f"{path}: not valid YAML (nested too deeply)") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None


def _values(
    node: Any, loader: Any, key: Key, above: tuple[Any, ...], words: Collection[Key]
) -> Iterator[tuple[Any, str | None]]:
    """All nodes of a document, each with an error message or None."""
    name = ".".join(key) or "the file"
    if node in above:
        yield node, f"{name}: contains itself through an alias"
        return
    yield node, _misread(node, loader) and f"{name}: {_misread(node, loader)}"
    if node.id == "sequence":
        for number, item in enumerate(node.value):
            yield from _values(item, loader, (*key, str(number)), (*above, node), words)
    elif node.id == "mapping":
        yield from _keys(node, key, words)
        for one, value in node.value:
            yield from _values(value, loader, (*key, _text(one)), (*above, node), words)


def _keys(node: Any, key: Key, words: Collection[Key]) -> Iterator[tuple[Any, str]]:
    lines: dict[str, int] = {}
    for one, _ in node.value:
        name = _text(one)
        kind = one.tag.rpartition(":")[2]
        where = ".".join((*key, name))
        if one.id != "scalar":
            yield one, f"{where}: a key in brackets; put it in quotes to make it text"
        elif kind not in ("str", "merge") and (*key, name) not in words:
            yield one, f"{where}: YAML does not read this name as text; put it in quotes"
        if name in lines:
            yield one, f"{where}: duplicate of line {lines[name]}; keep one of them"
        lines[name] = one.start_mark.line + 1


def _text(key: Any) -> str:
    """A key as text; brackets are shown without their content."""
    return {"sequence": "[…]", "mapping": "{…}"}.get(key.id) or str(key.value)


def _misread(node: Any, loader: Any) -> str | None:
    """The value that YAML 1.1 reads for a plain number, if it differs from the text."""
    kind = node.tag.rpartition(":")[2]
    octal = kind == "int" and re.match(r"[-+]?0[0-9_]", node.value)
    if octal or (kind in ("int", "float") and ":" in node.value):
        number = loader.construct_object(node)
        return f"YAML reads {node.value} as {number}; write {number}, or put it in quotes"
    return None
