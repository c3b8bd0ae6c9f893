"""Questions to Slurm's commands; their answers are doubted line by line."""

import re
import subprocess

ACCOUNTING_SECONDS = 20
"""Time limit of the question whether accounting works; slower accounting is of no use."""
_STATE = re.compile(r"[A-Z][A-Z_]*( by \d+)?\+?")


class NoAnswerError(Exception):
    """A command of Slurm that gave no usable answer.

    Args:
        lines: the reason; the last line, which is the message, says it best.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(lines[-1])
        self.lines = lines


def ask(*command: str, seconds: float) -> str:
    """Standard output of one of Slurm's commands.

    Raises:
        NoAnswerError: the command is not installed, takes longer than `seconds`, or fails.
    """
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"{command[0]} does not answer within {seconds:.0f} s") from None
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "is not installed" if missing else f"cannot be run ({error.strerror})"
        raise NoAnswerError(f"{command[0]} {reason}") from None
    if answer.returncode:
        lines = [" ".join(line.split()) for line in answer.stderr.splitlines() if line.strip()]
        raise NoAnswerError(*lines or [f"{command[0]} exits with {answer.returncode}"])
    return answer.stdout


def rows(answer: str, *fields: str) -> list[dict[str, str]]:
    """Lines of an answer whose fields are separated by `|`, without a header.

    A line with another number of fields, such as a message of the site, is left out. The last
    field may contain the separator.
    """
    lines = (line.split("|", len(fields) - 1) for line in answer.splitlines())
    return [dict(zip(fields, line, strict=True)) for line in lines if len(line) == len(fields)]


def accounting_problem() -> str | None:
    """Reason why sacct cannot tell the states of jobs; None if it can."""
    question = "sacct", "-X", "--noheader", "--parsable2", "--format=JobIDRaw,State"
    try:
        answer = ask(*question, "--starttime=now-1minutes", seconds=ACCOUNTING_SECONDS)
    except NoAnswerError as problem:
        return str(problem)
    return doubt_about_states(answer)


def doubt_about_states(answer: str) -> str | None:
    """Reason to doubt that an answer of sacct lists job IDs and states; None if it does."""
    for line in filter(None, map(str.strip, answer.splitlines())):
        job, _, state = line.partition("|")
        if not (job.isdecimal() and _STATE.fullmatch(state)):
            return f"sacct lists no job states but {line[:60]!r}"
    return None


def minutes_of(limit: str) -> float | None:
    """Minutes of a time limit as Slurm writes it, `days-hours:minutes:seconds`.

    None stands for no limit, and for a text that is no time.
    """
    match = re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", limit)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 1440 * days + 60 * hours + minutes + seconds / 60


def cancels_preempted_jobs(partitions: str) -> bool:
    """Whether `scontrol show partition` lists a partition that cancels the jobs it preempts."""
    modes = re.findall(r"\bPreemptMode=(\S+)", partitions)
    return any("CANCEL" in mode.split(",") for mode in modes)
