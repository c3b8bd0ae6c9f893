"""Queries to Slurm's commands; each line of an answer is validated."""

import getpass
import re
import subprocess
from dataclasses import dataclass

ACCOUNTING_SECONDS = 20
"""Time limit of the check whether accounting works; slower accounting is not used."""
QUEUE_SECONDS = 60
"""Time limit of a query about jobs; a slower controller counts as unreachable."""
ENDED = {
    *("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL"),
    *("OUT_OF_MEMORY", "DEADLINE", "REVOKED"),
}
"""Final states; jobs in any other state wait, run, or are about to."""
_FIELDS = {
    **{"number": "%i", "name": "%j", "state": "%T", "submitted": "%V", "node": "%N"},
    **{"reason": "%r", "comment": "%k", "directory": "%Z"},
}
"""Queried fields of a job, in squeue's format."""
_NUMBER = re.compile(r"\d+(_[\d\[\],%-]+)?")
_STATE = re.compile(r"([A-Z][A-Z_]*)( by \d+)?\+?")
_ACCOUNT = re.compile(r"[\w.@+-]+")


class NoAnswerError(Exception):
    """A Slurm command gave no usable answer.

    Args:
        lines: output lines; the last one, which is usually the most specific, is the message.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(lines[-1])
        self.lines = lines


@dataclass(frozen=True)
class QueueEntry:
    """A job in Slurm's queue, which includes recently ended jobs."""

    number: str
    name: str
    state: str
    """Slurm's name for the state, such as PENDING."""
    submitted: str
    """Local time of the submission, ISO 8601."""
    node: str
    reason: str
    """Slurm's name for the reason of waiting, such as Resources."""
    comment: str
    directory: str
    """Working directory."""

    @property
    def has_ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED


def ask(*command: str, seconds: float) -> str:
    """Standard output of a Slurm command.

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
    """Rows of an answer with fields separated by `|`, without a header.

    Lines with another number of fields, such as a message of the site, are skipped. The last field
    may contain the separator.
    """
    lines = (line.split("|", len(fields) - 1) for line in answer.splitlines())
    return [dict(zip(fields, line, strict=True)) for line in lines if len(line) == len(fields)]


def queue() -> list[QueueEntry]:
    """This user's jobs in Slurm's queue.

    Raises:
        NoAnswerError: squeue does not answer.
    """
    form = "|".join(_FIELDS.values())
    question = "squeue", "--me", "--noheader", "--states=all", f"--format={form}"
    return read_queue(ask(*question, seconds=QUEUE_SECONDS))


def read_queue(answer: str) -> list[QueueEntry]:
    """The jobs in squeue's answer; other lines are skipped."""
    return [
        QueueEntry(**row)
        for row in rows(answer, *_FIELDS)
        if _NUMBER.fullmatch(row["number"]) and _STATE.fullmatch(row["state"])
    ]


def accounting_problem() -> str | None:
    """Reason why sacct cannot provide job states; None if it can."""
    try:
        accounted_states("--starttime=now-1minutes", seconds=ACCOUNTING_SECONDS)
    except NoAnswerError as problem:
        return str(problem)
    return None


def accounted_states(*options: str, seconds: float) -> dict[str, str]:
    """Job states by job id, from accounting.

    Args:
        options: options of sacct that select jobs.
        seconds: time limit.

    Raises:
        NoAnswerError: sacct does not answer, or its output has another form.
    """
    question = "sacct", "-X", "--noheader", "--parsable2", "--format=JobIDRaw,State"
    answer = ask(*question, *options, seconds=seconds)
    states = {}
    for line in filter(None, map(str.strip, answer.splitlines())):
        job, _, text = line.partition("|")
        state = _STATE.fullmatch(text)
        if not (job.isdecimal() and state):
            raise NoAnswerError(f"sacct lists no job states but {line[:60]!r}")
        states[job] = state[1]
    return states


def accounts() -> set[str]:
    """Accounts that this user may charge; empty if unknown to accounting.

    Lines that are not names, such as a message of the site, are skipped.
    """
    who = f"user={getpass.getuser()}"
    question = "sacctmgr", "--noheader", "--parsable2", "show", "associations", who
    try:
        answer = ask(*question, "format=account", seconds=ACCOUNTING_SECONDS)
    except NoAnswerError:
        return set()
    return {line for line in map(str.strip, answer.splitlines()) if _ACCOUNT.fullmatch(line)}


def minutes_of(limit: str) -> float | None:
    """Minutes of a time limit in Slurm's format, `days-hours:minutes:seconds`.

    None for no limit, and for other text.
    """
    match = re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", limit)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 1440 * days + 60 * hours + minutes + seconds / 60
