"""The error type for messages to users."""

import re
from collections import Counter
from collections.abc import Iterable

EXAMPLES = 3
"""Maximum number of shown findings of one kind."""
VARIABLE = re.compile(
    r"""'[^']*'|"[^"]*"|\S*/\S*|\S+\.(png|jpe?g|webp|bmp|tiff?|json|csv|ya?ml|txt)\b|[-+\d.]*\d""",
    re.IGNORECASE,
)
"""Parts that differ between findings of one kind: quoted text, paths, file names and numbers."""


SUMMARY = re.compile(r"… and (\d+) more (like this|findings)$")
"""The line that `UserError.of` writes in place of further findings."""


class UserError(Exception):
    """An error that the user can correct.

    The message is one line (or one line per finding): which file or key, what was found, what to
    do. The commands print it without a traceback and exit with 2; tracebacks are for bugs. Possible
    secrets in a URL (user, password and query) are masked.
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_secrets(message))

    @classmethod
    def of(cls, findings: list[str], shown: int = 20) -> "UserError":
        """Report many findings at once, in about `shown` lines.

        Findings of one kind differ only in numbers, paths and quoted text; only the first three of
        a kind are shown.
        """
        kinds: dict[str, list[str]] = {}
        kind, unseen = "", Counter[str]()
        for finding in findings:
            if more := SUMMARY.search(finding):
                # A summary line of an error that was already shortened.
                unseen[kind if more[2] == "like this" else ""] += int(more[1])
            else:
                kind = re.sub(VARIABLE, "", finding)
                kinds.setdefault(kind, []).append(finding)
        if (
            not unseen
            and len(findings) <= shown
            and all(len(x) <= EXAMPLES for x in kinds.values())
        ):
            return cls("\n".join(findings))
        lines: list[str] = []
        for kind, found in kinds.items():
            if len(lines) >= shown:
                unseen[""] += len(found) + unseen[kind]
                continue
            lines += found[:EXAMPLES]
            if count := len(found[EXAMPLES:]) + unseen[kind]:
                lines.append(f"… and {count} more like this")
        if unseen[""]:
            lines.append(f"… and {unseen['']} more findings")
        return cls("\n".join(lines))


def number_of_findings(lines: Iterable[str]) -> int:
    """Number of findings in lines of a `UserError`, including those that are only counted."""
    return sum(int(more[1]) if (more := SUMMARY.search(line)) else 1 for line in lines)


class SourceError(Exception):
    """A file's source cannot be read; the text is a short reason."""


def without_secrets(text: str) -> str:
    """A text with `…` in place of users, passwords and queries in URLs."""
    text = re.sub(r"(\w://)[^\s/@'\"]+@", r"\1…@", text)
    return re.sub(r"(\w://[^\s?'\"]+\?)[^\s'\")]+", r"\1…", text)
