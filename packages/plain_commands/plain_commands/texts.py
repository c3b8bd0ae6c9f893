"""JSON and YAML as users write them, in files and on the command line.

YAML 1.1 reads some plain text as something else than most writers mean, and of a key that is there
twice it takes the last. That is refused, with the line.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from .errors import UserError
from .files import read_text, without_doubles

MOST_VALUES = 100_000
"""Values in a file, those of aliases counted each time."""
Key = tuple[str, ...]
"""A key of a file, with those that it stands under."""


def parse_json(text: str, where: str) -> Any:
    """JSON text as plain content.

    Args:
        text: of the command line.
        where: the option that it stands behind, for the error.

    Raises:
        UserError: it is not JSON, or a key is there twice.
    """
    try:
        return json.loads(text, object_pairs_hook=without_doubles)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not valid JSON ({error})") from None


def read_given(source: str, option: str) -> tuple[Any, str]:
    """What stands behind an option: JSON text, or the name of a JSON or YAML file.

    Returns:
        The content, and where it is from, for further errors.

    Raises:
        UserError: it cannot be read, or is neither.
    """
    if source.lstrip().startswith(("{", "[", '"')):
        return parse_json(source, option), option
    return read_yaml(Path(source)), source


def read_yaml(path: Path, words: Collection[Key] = ()) -> Any:
    """The content of a YAML file, or of a JSON file.

    Args:
        path: the file.
        words: keys that YAML does not take for text, but their readers do, such as `on`.

    Raises:
        UserError: it cannot be read, is not UTF-8 or not YAML, or a line a finding, with its line
            and key.
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
    """All nodes of a document, each with what is wrong with it, if anything."""
    name = ".".join(key) or "the file"
    if node in above:
        yield node, f"{name}: contains itself, by an alias"
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
            yield one, f"{where}: brackets stand where a key has to be text; put it in quotes"
        elif kind not in ("str", "merge") and (*key, name) not in words:
            yield one, f"{where}: YAML does not take this name for text; put it in quotes"
        if name in lines:
            yield one, f"{where}: it is there already, in line {lines[name]}; keep one of them"
        lines[name] = one.start_mark.line + 1


def _text(key: Any) -> str:
    """A key as text: itself, or brackets without what stands in them."""
    return {"sequence": "[…]", "mapping": "{…}"}.get(key.id) or str(key.value)


def _misread(node: Any, loader: Any) -> str | None:
    """What YAML 1.1 takes a plain number for, if that is not what it looks like."""
    kind = node.tag.rpartition(":")[2]
    octal = kind == "int" and re.match(r"[-+]?0[0-9_]", node.value)
    if octal or (kind in ("int", "float") and ":" in node.value):
        number = loader.construct_object(node)
        return f"YAML reads {node.value} as {number}; write {number}, or put it in quotes"
    return None
