"""Errors of external programs."""


class ProgramError(Exception):
    """A program that cannot be started, or failed; the message is one line.

    Args:
        message: description of the error.
        code: the program's exit code, or minus the number of the signal that ended it; None if it
            was not started, or was terminated by the runner.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ProgramTimeoutError(ProgramError):
    """A program that was terminated because it took too long, or was silent for too long."""
