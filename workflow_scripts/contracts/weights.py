"""Weights that a config names: their source, and the checked copy that jobs use."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of
from plain_commands.section import Section, Sha256
from pydantic import BaseModel, Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from workflow_scripts.contracts.catalogue import CATALOGUE


class OwnWeights(Section):
    """A file that a user provides, identified by its content. `fetch_weights` copies it."""

    source: str = Field(min_length=1)
    """Path or http(s) URL."""
    sha256: Sha256
    """SHA-256 of the file (`sha256sum FILE`); results depend on it."""
    licence: str = Field(min_length=1)
    """Terms of use, for the record in `weights/manifest.json`."""

    @field_validator("source")
    @classmethod
    def _source_can_be_read(cls, source: str) -> str:
        if "://" in source and not re.match("https?://", source):
            raise ValueError("neither a path nor an http(s) URL")
        return source

    @field_validator("licence")
    @classmethod
    def _licence_is_named(cls, licence: str) -> str:
        if not any(map(str.isalnum, licence)):
            raise ValueError("names no terms of use; state them, or who gave consent")
        return licence

    @property
    def is_remote(self) -> bool:
        """Whether it has to be downloaded."""
        return "://" in self.source

    def local(self) -> Path:
        """Path of the file, unchecked.

        Raises:
            UserError: it is on another machine.
        """
        if self.is_remote:
            raise UserError(
                f"{self.source}: jobs do not download; fetch it with "
                "`python -m workflow_scripts weights fetch` and name the file as the source"
            )
        return Path(self.source)


class Weights(OwnWeights):
    """A file of weights, or a public one by its name (`weights list` has them)."""

    @model_validator(mode="before")
    @classmethod
    def _a_name_stands_for_a_public_file(cls, content: Any) -> Any:
        if not isinstance(content, str):
            return content
        if content not in CATALOGUE:
            raise ValueError(
                f"{content!r} is not one of {', '.join(CATALOGUE)}; name one of these, or give "
                "source, sha256 and licence"
            )
        return {key: getattr(CATALOGUE[content], key) for key in ("source", "sha256", "licence")}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        names = {"enum": [*CATALOGUE], "description": "Name of a public file."}
        return {"anyOf": [names, super().__get_pydantic_json_schema__(schema, handler)]}


def checked_bytes(path: Path, sha256: str) -> bytes:
    """Content of a file.

    Raises:
        UserError: it is missing, not readable, or has another sha256.
    """
    content = read_bytes(path)
    found = sha256_of(content)
    if found != sha256:
        raise UserError(
            f"{path}: its sha256 is {found}, expected {sha256}; it is damaged or another file"
        )
    return content


def weights_in(value: Any, key: str = "") -> Iterator[tuple[str, OwnWeights]]:
    """All weights named anywhere in a section, each with its key."""
    if isinstance(value, OwnWeights):
        yield key, value
        return
    for name, part in _parts_of(value):
        yield from weights_in(part, f"{key}.{name}" if key else str(name))


def with_local_weights(value: Any, folder: Path | str) -> Any:
    """The section with its weights read from `folder`, where each file's name is its sha256.

    Source and licence are removed, since no result depends on them.
    """
    if isinstance(value, OwnWeights):
        local = {"source": str(Path(folder) / value.sha256), "licence": "see the manifest"}
        return value.model_copy(update=local)
    changed = {name: with_local_weights(part, folder) for name, part in _parts_of(value)}
    if isinstance(value, BaseModel):
        return value.model_copy(update=changed)
    if isinstance(value, dict):
        return changed
    return type(value)(changed.values()) if isinstance(value, list | tuple) else value


def _parts_of(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, BaseModel):
        return [(name, getattr(value, name)) for name in type(value).model_fields]
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list | tuple) else []
