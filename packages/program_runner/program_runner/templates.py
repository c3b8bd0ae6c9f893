"""Commands with placeholders such as `{input}` for values that are known later."""

import re
import shlex
from collections.abc import Collection, Mapping

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def check_template(command: str, known: Collection[str], needed: Collection[str]) -> None:
    """Check that a command can be filled in and contains the required placeholders.

    Args:
        command: a program and its arguments, quoted as for a shell.
        known: names of the allowed placeholders.
        needed: names of the required placeholders.

    Raises:
        ValueError: an unclosed quotation, an unknown placeholder, or a missing one.
    """
    if not shlex.split(command):
        raise ValueError("empty; name a program")
    used = _PLACEHOLDER.findall(command)
    unknown = [name for name in used if name not in known]
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in known)
        raise ValueError(f"{{{unknown[0]}}} is not one of {names}")
    missing = [name for name in needed if name not in used]
    if missing:
        raise ValueError(f"{{{missing[0]}}} is missing; the program has to be told")


def filled_in(command: str, values: Mapping[str, object]) -> list[str]:
    """Program and arguments with the values of the placeholders."""

    def value(found: re.Match[str]) -> str:
        return str(values.get(found[1], found[0]))

    return [_PLACEHOLDER.sub(value, word) for word in shlex.split(command)]
