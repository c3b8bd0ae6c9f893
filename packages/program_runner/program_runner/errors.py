"""What can go wrong with a program."""


class ProgramError(Exception):
    """A program that cannot be started, or failed; the message is one line.

    Args:
        message: what happened.
        code: the program's exit code, minus the number of the signal that ended it; None if it was
            not started, or was ended here.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ProgramTimeoutError(ProgramError):
    """A program that was ended since it took too long, or was silent for too long."""
