"""Text that may be shared: without paths and secrets of the machine that made it."""

import re
from typing import Any

from plain_commands.errors import without_secrets
from program_runner import masked, secrets_in

_USER = re.compile(r"(?<=:)//[^/@\s]+@")
_FOLDERS = re.compile(
    r"(?<=['\"])[/\\][^'\"]*[/\\](?=[^'\"])"  # between quotes, with spaces
    r"|^[/~][^{}]*/(?=[^/{}]+$)(?!.* -)"  # all of it, with spaces
    r"|(?<![\w./:\\*{}-])(?:file://|~[\w-]*|[A-Za-z]:)?[/\\](?:[^/\\\s'\"]+[/\\])+(?=[^/\\\s])"
)


def without_folders(content: Any) -> Any:
    """Content that may be shared: absolute paths are cut to their last part, secrets removed.

    Secrets are the users and queries of URLs, and the values of options in a `command`. Hashes
    elsewhere identify the files.
    """
    if isinstance(content, str):
        return _FOLDERS.sub("", without_secrets(_USER.sub("//", content)))
    if isinstance(content, dict):
        return {
            without_folders(key): without_folders(
                masked(value, secrets_in(value))
                if (key, type(value)) == ("command", str)
                else value
            )
            for key, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [without_folders(value) for value in content]
    return content
