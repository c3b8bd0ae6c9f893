"""Values of the entries of a COCO annotation file: checks, and texts for messages."""

import math
import unicodedata
from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]


def checked_value(entry: Entry, key: str, fits: Callable[[Any], bool], expected: str) -> Any:
    """The value of a key.

    Raises:
        ValueError: it is missing or invalid.
    """
    if key not in entry:
        raise ValueError(f"no {key}; {expected} is expected")
    if not fits(entry[key]):
        raise ValueError(f"{key} is {shown(entry[key])}; {expected} is expected")
    return entry[key]


def id_text(entry: Entry, key: str, of_what: str) -> str | None:
    """The id of an entry, as text.

    Raises:
        ValueError: it is neither a number nor a text, or a blank text.
    """
    if entry.get(key) is None:
        return None
    expected = f"the id {of_what}, a number or a text,"
    value = checked_value(entry, key, lambda one: is_id(one) and str(one).strip() != "", expected)
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def shown(value: Any) -> str:
    """A value, shortened for a message."""
    if isinstance(value, list | dict):
        return f"a list of {len(value)}" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = ascii(value) if isinstance(value, str) and has_control(value) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def has_control(text: str) -> bool:
    """Whether a text has control characters or line separators."""
    return any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)


def is_number(value: Any) -> bool:
    """Whether a value of a JSON file is a finite number."""
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def is_id(value: Any) -> bool:
    """Whether a value can be an id: a text or a finite number."""
    return isinstance(value, str) or is_number(value)


def is_length(value: Any) -> bool:
    """Whether a value is a positive whole number, such as 96 or 96.0."""
    return is_number(value) and value > 0 and value == int(value)


def is_name(value: Any) -> bool:
    """Whether a value is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())
