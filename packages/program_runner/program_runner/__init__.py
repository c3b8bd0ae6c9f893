"""External programs: whether they can be started, their output, and the end of their processes."""

from .check import check_paths, check_program
from .errors import ProgramError, ProgramTimeoutError
from .run import end_marked, masked, run_program, secrets_in
from .templates import check_template, filled_in

__all__ = [
    "ProgramError",
    "ProgramTimeoutError",
    "check_paths",
    "check_program",
    "check_template",
    "end_marked",
    "filled_in",
    "masked",
    "run_program",
    "secrets_in",
]
