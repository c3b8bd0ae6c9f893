"""Base class of config sections, and their error messages."""

import ast
import functools
import inspect
import itertools
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

from .errors import UserError
from .files import read_json

Seed = Annotated[int, Field(ge=0, lt=10**18)]
"""Seed of a random stream. Libraries accept values below 2⁶³, and some add to them."""
Pixels = Annotated[int, Field(ge=16, le=32768)]
"""Side of an image in pixels."""
_SHA256 = "^[0-9a-f]{64}$"
Sha256 = Annotated[str, Field(pattern=_SHA256)]
"""SHA-256 of a file."""
UNKNOWN = "unknown key; remove it or correct its spelling"
MISSING = "missing; this key has no default"
SEVERAL = {
    UNKNOWN: "unknown keys; remove them or correct their spelling",
    MISSING: "missing; these keys have no default",
}
"""Messages for several keys of one section, in one line."""


def _with_true_numbers(schema: Any) -> Any:
    """A schema in which booleans are not numbers; nested sections already are strict."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_with_true_numbers, schema))
    own = {"type": "no-info", "function": _no_truth}
    if not isinstance(schema, dict) or schema.get("function") == own:
        return schema
    changed = {key: _with_true_numbers(value) for key, value in schema.items()}
    if schema.get("type") in ("int", "float"):
        return no_info_before_validator_function(_no_truth, changed)
    return changed


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


@functools.cache
def _docstrings_in(module: str) -> dict[str, dict[str, str]]:
    """Docstrings of the fields in a module, by class and field."""
    found: dict[str, dict[str, str]] = {}
    for part in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(part, ast.ClassDef):
            for field, text in itertools.pairwise(part.body):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(said))):
                        found.setdefault(part.name, {})[name] = inspect.cleandoc(said)
    return found


class Section(BaseModel):
    """A part of the config: immutable, and without unknown keys.

    Unlike in pydantic, a boolean is not a number: YAML reads `seeds: yes` as true.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @classmethod
    def descriptions(cls) -> dict[str, str]:
        """Docstrings of the fields, by field.

        pydantic's `use_attribute_docstrings` would read the sources at each import, which takes a
        third of the import time of the config's modules.
        """
        found: dict[str, str] = {}
        for kind in reversed(cls.__mro__):
            if issubclass(kind, Section):
                found |= _docstrings_in(kind.__module__).get(kind.__name__, {})
        return found

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(schema)
        fields = handler.resolve_ref_schema(described).get("properties", {})
        for name, said in cls.descriptions().items():
            if name in fields:
                fields[name].setdefault("description", said)
        return described

    @classmethod
    def __get_pydantic_core_schema__(cls, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _with_true_numbers(handler(kind))
        return schema


class FilePart(BaseModel):
    """A part of a JSON file: immutable; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            UserError: a missing file, invalid JSON, or one line per finding, each with its key.
        """
        content: Self = validate(cls, read_json(path), str(path))
        return content


def validate(kind: Any, content: Any, where: str) -> Any:
    """Validate plain content as `kind` (a section, or a union of sections).

    Args:
        kind: a pydantic model or any type that pydantic can validate.
        content: mappings, lists and scalars, as read from YAML or JSON.
        where: the file or option that `content` is from, for the error.

    Raises:
        UserError: one line per finding: place, key, problem, value.
    """
    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        found = error.errors(include_url=False)
    findings: dict[str, str] = {}
    for item in found:
        key, message = _finding(item, content, where)
        findings.setdefault(key, message)
    # For a value of several possible kinds, errors inside one kind are more specific.
    outer = {key[: dot.start()] for key in findings for dot in re.finditer(r"\.", key)}
    lines: dict[tuple[str, str], str] = {}
    for key, message in findings.items():
        section, _, name = key.rpartition(".")
        if key in outer:
            continue
        if message not in SEVERAL:
            lines[key, message] = f"{key}: {message}" if key else message
        elif (section, message) in lines:
            before = lines[section, message].removesuffix(f": {message}")
            before = before.removesuffix(f": {SEVERAL[message]}")
            lines[section, message] = f"{before}, {name}: {SEVERAL[message]}"
        else:
            lines[section, message] = f"{key}: {message}"
    raise UserError.of([f"{where}: {line}" for line in lines.values()])


def paths_in(content: Any) -> Iterator[Path]:
    """All paths in sections, and in mappings and lists of them."""
    if isinstance(content, Path):
        yield content
    elif isinstance(content, BaseModel):
        yield from paths_in(dict(content))
    elif isinstance(content, Mapping):
        yield from paths_in(list(content.values()))
    elif isinstance(content, list | tuple | set | frozenset):
        for item in content:
            yield from paths_in(item)


def _finding(item: Any, content: Any, where: str) -> tuple[str, str]:
    """Key and message of an error."""
    location = item["loc"]
    is_missing = item["type"] in ("missing", "union_tag_not_found")
    if item["type"] == "union_tag_not_found":  # the key that selects the kind of section
        location = (*location, item["ctx"]["discriminator"].strip("'"))
    if item["type"] == "value_error" and isinstance(item["input"], dict):
        # An error of a whole section; the last part may be the tag that selected it.
        location = (*location, None)
    key = ".".join(_keys_of(location, content, is_missing))
    message = item["msg"].removeprefix("Value error, ").replace("valid tuple", "valid list")
    if item["type"] == "extra_forbidden":
        message = UNKNOWN
    elif item["type"] == "union_tag_invalid":
        discriminator, known = (item["ctx"][name] for name in ("discriminator", "expected_tags"))
        message = f"{discriminator} is {item['ctx']['tag']!r}, but there are {known}"
    elif is_missing:
        message = MISSING
    elif item["type"] in ("model_type", "dict_type", "model_attributes_type"):
        found = "a list" if isinstance(item["input"], list | tuple) else repr(item["input"])
        message = f"expected keys with values (found {found:.100})"
    elif isinstance(item["input"], bool):
        is_yaml = not where.startswith("--") and not where.endswith((".json", ".gz", ".csv"))
        hint = "; YAML reads yes, no, on and off as booleans" if is_yaml else ""
        message += f" (found {str(item['input']).lower()}{hint})"
    elif item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == _SHA256:
        message = f"expected 64 hexadecimal digits in lower case (found {item['input']!r:.100})"
    elif item["type"] == "path_type":
        message = f"expected a path; put it in quotes (found {item['input']!r:.100})"
    elif item["type"].endswith("_type") or not isinstance(item["input"], dict | list | BaseModel):
        value = item["input"]
        message = f"{message} (found {value!r:.100})"
    return key, message


def _keys_of(location: tuple[str | int | None, ...], content: Any, is_missing: bool) -> list[str]:
    """Location of an error as keys of the file, without pydantic's tags."""
    keys = []
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if isinstance(content, dict) and part in content:
            if not is_last and isinstance(content[part], str) and part in content.values():
                continue  # a tag, in a section that also has a key of this name
            content = content[part]
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        elif not (is_last and is_missing and isinstance(content, dict)):
            continue
        if part != "[key]":
            name = str(part)
            keys.append(name if name.isprintable() else repr(name))
    return keys


def describe_fields(kind: Any, indent: str = "  ") -> str:
    """The fields of a section as text, one per line: name, type, default, meaning.

    Args:
        kind: a section, or a type that contains sections: a union or a mapping. Each of several is
            described under its tag.
        indent: prefix of each line.
    """
    return "\n".join(_lines(kind, indent))


def _lines(kind: Any, indent: str) -> list[str]:
    sections = _sections_in(kind)
    lines = []
    for section in sections:
        said = section.descriptions()
        for number, (name, field) in enumerate(section.model_fields.items()):
            # Each of several sections is headed by its first field, the tag.
            inner = indent + ("  " if len(sections) > 1 and number else "")
            meaning = " ".join(said.get(name, "").split())
            kind_of_value = "section" if _sections_in(field.annotation) else _name(field.annotation)
            lines.append(f"{inner}{name} ({kind_of_value}; {_default_of(field)}): {meaning}")
            lines.extend(_lines(field.annotation, inner + "  "))
    return lines


def _sections_in(kind: Any) -> list[type[Section]]:
    if isinstance(kind, type) and issubclass(kind, Section):
        return [kind]
    return [section for part in typing.get_args(kind) for section in _sections_in(part)]


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True, validated_data={})
    return "optional" if isinstance(default, BaseModel) else f"default {default!r}"


def _name(kind: Any) -> str:
    """Readable name of a type."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " | ".join(map(str, parts))
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_name, parts))
    if origin is typing.Annotated:
        return _name(parts[0])
    if kind in (None, types.NoneType):
        return "null"
    if kind is Ellipsis:
        return "…"
    name = getattr(kind, "__name__", str(kind))
    return f"{name}[{', '.join(map(_name, parts))}]" if parts else name
