"""The one error type a person is meant to read."""

import re
from collections import Counter

EXAMPLES = 3
"""Findings of one kind that are shown."""
VARIABLE = re.compile(
    r"""'[^']*'|"[^"]*"|\S*/\S*|\S+\.(png|jpe?g|webp|bmp|tiff?|json|csv|ya?ml|txt)\b|[-+\d.]*\d""",
    re.IGNORECASE,
)
"""What differs between findings of one kind: quoted text, paths, file names and numbers."""


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
        """Report many findings at once, in about `shown` lines.

        Of findings of one kind, which differ in numbers, paths and quoted text only, the first
        three stand for all.
        """
        kinds: dict[str, list[str]] = {}
        kind, unseen = "", Counter[str]()
        for finding in findings:
            if more := re.search(r"… and (\d+) more (like this|findings)$", finding):
                # What another error has already cut short.
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


class SourceError(Exception):
    """A source of a file that cannot be read; its text is the reason, in a few words."""


def without_secrets(text: str) -> str:
    """A text with `…` for the users, passwords and queries of its URLs."""
    text = re.sub(r"(\w://)[^\s/@'\"]+@", r"\1…@", text)
    return re.sub(r"(\w://[^\s?'\"]+\?)[^\s'\")]+", r"\1…", text)
