"""Questions to Slurm's commands; their answers are doubted line by line."""

import getpass
import re
import subprocess
from dataclasses import dataclass

ACCOUNTING_SECONDS = 20
"""Time limit of the question whether accounting works; slower accounting is of no use."""
QUEUE_SECONDS = 60
"""Time limit of a question about jobs; a controller that takes longer is away."""
ENDED = {
    *("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL"),
    *("OUT_OF_MEMORY", "DEADLINE", "REVOKED"),
}
"""States of jobs that have ended; jobs in any other state wait, run, or are about to."""
_FIELDS = {
    **{"number": "%i", "name": "%j", "state": "%T", "submitted": "%V", "node": "%N"},
    **{"reason": "%r", "comment": "%k", "directory": "%Z"},
}
"""Fields of a job, in squeue's format."""
_NUMBER = re.compile(r"\d+(_[\d\[\],%-]+)?")
_STATE = re.compile(r"([A-Z][A-Z_]*)( by \d+)?\+?")
_ACCOUNT = re.compile(r"[\w.@+-]+")


class NoAnswerError(Exception):
    """A command of Slurm that gave no usable answer.

    Args:
        lines: the reason; the last line, which is the message, says it best.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(lines[-1])
        self.lines = lines


@dataclass(frozen=True)
class QueueEntry:
    """A job in Slurm's queue, which holds those that ended lately as well."""

    number: str
    name: str
    state: str
    """Slurm's name of the state, such as PENDING."""
    submitted: str
    """Local time of the submission, ISO 8601."""
    node: str
    reason: str
    """Slurm's name of the reason why it waits, such as Resources."""
    comment: str
    directory: str
    """Working directory."""

    @property
    def has_ended(self) -> bool:
        """Whether it will not run again."""
        return self.state in ENDED


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


def queue() -> list[QueueEntry]:
    """This user's jobs in Slurm's queue.

    Raises:
        NoAnswerError: squeue does not answer.
    """
    form = "|".join(_FIELDS.values())
    question = "squeue", "--me", "--noheader", "--states=all", f"--format={form}"
    return read_queue(ask(*question, seconds=QUEUE_SECONDS))


def read_queue(answer: str) -> list[QueueEntry]:
    """The jobs in squeue's answer; lines that are no jobs are left out."""
    return [
        QueueEntry(**row)
        for row in rows(answer, *_FIELDS)
        if _NUMBER.fullmatch(row["number"]) and _STATE.fullmatch(row["state"])
    ]


def accounting_problem() -> str | None:
    """Reason why sacct cannot tell the states of jobs; None if it can."""
    try:
        accounted_states("--starttime=now-1minutes", seconds=ACCOUNTING_SECONDS)
    except NoAnswerError as problem:
        return str(problem)
    return None


def accounted_states(*options: str, seconds: float) -> dict[str, str]:
    """States of jobs by their number, as accounting knows them.

    Args:
        options: of sacct, which jobs.
        seconds: time limit.

    Raises:
        NoAnswerError: sacct does not answer, or says something else.
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
    """Accounts that this user may charge; empty where accounting does not tell, or knows none.

    A line that is no name, such as a message of the site, is left out.
    """
    who = f"user={getpass.getuser()}"
    question = "sacctmgr", "--noheader", "--parsable2", "show", "associations", who
    try:
        answer = ask(*question, "format=account", seconds=ACCOUNTING_SECONDS)
    except NoAnswerError:
        return set()
    return {line for line in map(str.strip, answer.splitlines()) if _ACCOUNT.fullmatch(line)}


def minutes_of(limit: str) -> float | None:
    """Minutes of a time limit as Slurm writes it, `days-hours:minutes:seconds`.

    None stands for no limit, and for a text that is no time.
    """
    match = re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", limit)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 1440 * days + 60 * hours + minutes + seconds / 60
