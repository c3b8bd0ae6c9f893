"""What can go wrong with a program."""


class ProgramError(Exception):
    """A program that cannot be started, or failed; the message is one line."""


class ProgramTimeoutError(ProgramError):
    """A program that was ended since it took too long."""
