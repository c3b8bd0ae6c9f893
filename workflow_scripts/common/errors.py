"""The one error type a person is meant to read."""


class UserError(Exception):
    """Something the user can put right.

    The message is one line (or one line a finding): which file or key, what was found, what to
    do. The commands print it without a traceback and exit with 2; a traceback is for bugs.
    """

    @classmethod
    def of(cls, findings: list[str], shown: int = 20) -> "UserError":
        """Report many findings at once, the first `shown` of them in full."""
        lines = findings[:shown]
        if len(findings) > shown:
            lines.append(f"… and {len(findings) - shown} more findings like these")
        return cls("\n".join(lines))
