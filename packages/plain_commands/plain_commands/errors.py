"""The one error type a person is meant to read."""

import re


class UserError(Exception):
    """Something the user can put right.

    The message is one line (or one line a finding): which file or key, what was found, what to
    do. The commands print it without a traceback and exit with 2; a traceback is for bugs.
    What may be secret in a URL, its user and password and its query, is left out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))

    @classmethod
    def of(cls, findings: list[str], shown: int = 20) -> "UserError":
        """Report many findings at once, the first `shown` of them in full."""
        lines = findings[:shown]
        if len(findings) > shown:
            lines.append(f"… and {len(findings) - shown} more findings like these")
        return cls("\n".join(lines))


class SourceError(Exception):
    """A source of a file that cannot be read; its text is the reason, in a few words."""


def without_secrets(text: str) -> str:
    """A text with `…` for the users, passwords and queries of its URLs."""
    text = re.sub(r"(\w://)[^\s/@'\"]+@", r"\1…@", text)
    return re.sub(r"(\w://[^\s?'\"]+\?)[^\s'\")]+", r"\1…", text)
