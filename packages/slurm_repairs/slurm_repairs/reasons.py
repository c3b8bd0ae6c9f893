"""Slurm's reasons in words, for waiting jobs and refused submissions."""

import re

NEVER = "it will not start as it is"
"""Suffix of reasons that are permanent."""
_WORDS = {
    "None": "not considered by the scheduler yet",
    "Resources": "waiting for nodes, GPUs, cores or memory to become free",
    "Priority": "jobs of higher priority go first",
    "BeginTime": "its begin time has not been reached (a requeued job waits two minutes)",
    "Cleaning": "its last start is being cleaned up",
    "Dependency": "waiting for another job",
    "Licenses": "waiting for a license",
    "Reservation": "waiting for its reservation",
    "ReqNodeNotAvail": "the nodes that it could use are down, drained or reserved, for example for "
    "maintenance: ask when they return, or which walltime ends before it",
    "NodeDown": "a node that it needs is down",
    "PartitionDown": "its partition currently starts no jobs",
    "PartitionInactive": "its partition is currently closed",
    "Prolog": "its node is being prepared",
    "JobArrayTaskLimit": "enough jobs of its array run",
    "QOSUsageThreshold": "its account or quality of service has used up its share",
    "JobHeldUser": f"held: {NEVER}; release it with `scontrol release`",
    "JobHeldAdmin": f"held by an administrator, or after failed starts: {NEVER}; ask the "
    "administrators, or cancel it",
    "JobHoldMaxRequeue": f"held after too many starts: {NEVER}; release it with `scontrol release`",
    "PartitionTimeLimit": f"it requests more time than its partition allows: {NEVER}; cancel it",
    "PartitionNodeLimit": f"it requests more nodes than its partition allows: {NEVER}; cancel it",
    "PartitionConfig": f"it requests what its partition does not have: {NEVER}; cancel it",
    "BadConstraints": f"no node has what it requests: {NEVER}; cancel it",
    "InvalidAccount": f"its account is no longer valid: {NEVER}; cancel it",
    "InvalidQOS": f"its quality of service is no longer valid: {NEVER}; cancel it",
    "QOSNotAllowed": f"its quality of service is not allowed here: {NEVER}; cancel it",
    "AccountNotAllowed": f"its account is not allowed in its partition: {NEVER}; cancel it",
    "DependencyNeverSatisfied": f"the job that it waits for has failed: {NEVER}; cancel it",
    "ReservationDeleted": f"its reservation is gone: {NEVER}; cancel it",
    "RequiresReservation": f"its partition takes jobs of reservations only: {NEVER}; cancel it",
}
_LONG = {"Nodes required for job are DOWN": "ReqNodeNotAvail", "launch failed": "JobHeldAdmin"}
"""Prefixes of reasons that Slurm writes as sentences."""
_OWNERS = {"QOS": "its quality of service", "Assoc": "its account", "": "its account"}
_THINGS = {
    **{"GRES": "GPUs", "Cpu": "cores", "CPU": "cores", "Mem": "memory", "Node": "nodes"},
    **{"Submit": "submitted jobs", "Job": "running jobs", "Wall": "time", "Billing": "billing"},
    **{"Energy": "energy", "License": "licenses", "BB": "burst buffers"},
}
_AWAY = re.compile(
    r"unable to contact|timed out|temporarily un|connection (refused|reset)|not responding|standby"
    r"|transport endpoint|zero bytes|communication|try again|does not answer",
    re.IGNORECASE,
)
"""Slurm's messages while its controller is unreachable, busy, or full."""
_CLOSED = re.compile("partition not available|partition in down state", re.IGNORECASE)
"""Slurm's messages for a partition that currently accepts no jobs."""
_LIMIT = re.compile(rf"\b(QOS|Assoc)?(Max|Grp|Min)({'|'.join(_THINGS)})(\w*)")
"""A limit's name: source, kind, quantity, rest."""
AWAY = "Slurm's controller is unreachable or busy: submissions wait until it answers"
CLOSED = "currently accepts no jobs (drained, inactive or down): they are submitted when it does"
"""Suffix of refusals by a closed partition."""
_AS_OTHERS_END = "further jobs are submitted as others end"
_VIOLATION = "violates accounting/QOS policy"


def reason_in_words(reason: str) -> str:
    """Slurm's reason why a job waits, in words; unknown reasons are unchanged."""
    name, _, detail = reason.partition(",")
    name = next((short for long, short in _LONG.items() if reason.startswith(long)), name)
    words = _WORDS.get(name) or _limit_in_words(name)
    if words is None:
        return reason
    nodes = f", {detail.strip()}" if detail and name == "ReqNodeNotAvail" else ""
    return f"{words} ({name}{nodes})"


def _limit_in_words(name: str) -> str | None:
    """A reason that names a limit, such as `QOSMaxGRESPerUser`; None for other reasons."""
    limit = _LIMIT.fullmatch(name)
    if limit is None:
        return None
    owner, thing, rest = _OWNERS[limit[1] or ""], _THINGS[limit[3]], limit[4]
    if "Minutes" in rest:
        thing = f"the minutes of {thing}"
    if limit[2] == "Min":
        return f"it requests less ({thing}) than {owner} requires: {NEVER}; cancel it"
    if "PerJob" in rest or "PerNode" in rest:
        return f"it requests more ({thing}) than {owner} allows a job: {NEVER}; cancel it"
    whose = next((f" per {who}" for who in ("user", "account") if f"Per{who.title()}" in rest), "")
    return (
        f"the limit of {owner} on {thing}{whose} is reached; if none of your jobs runs, it "
        f"requests more than the limit, and {NEVER}"
    )


def refusal_in(message: str) -> str:
    """Slurm's message in the plugin's error for a failed submission."""
    said = re.search(r"The error message was '(.*?)'\.\n", message, re.DOTALL)
    words = said[1] if said else message.removeprefix("Job submission failed with exception: ")
    lines = (line.strip().removeprefix("sbatch: error: ") for line in words.splitlines())
    return " ".join(filter(None, lines))


def lifted_by_time(refusal: str, has_jobs: bool, partition: str | None = None) -> str | None:
    """Reason to repeat a refused submission later, in words; None if it is permanent.

    Args:
        refusal: message of sbatch.
        has_jobs: whether this user has waiting or running jobs, whose end may make room.
        partition: name of the partition for the message; None for the default one.
    """
    if _AWAY.search(refusal):
        return AWAY
    if _CLOSED.search(refusal):
        return f"{partition or 'the default partition'} {CLOSED}"
    limit = _LIMIT.search(refusal)
    if limit is None:
        # Earlier releases do not name the limit.
        is_limit = _VIOLATION in refusal
        return f"a limit of Slurm is reached: {_AS_OTHERS_END}" if is_limit and has_jobs else None
    # Jobs of the group may make room, too. A limit of zero jobs is permanent.
    is_shared = limit[2] == "Grp" or "PerAccount" in limit[4]
    if limit[3] != "Submit" or not (has_jobs or is_shared):
        return None
    owner = _OWNERS[limit[1] or ""].replace("its", "your")
    return f"the limit of {owner} on submitted jobs is reached ({limit[0]}): {_AS_OTHERS_END}"
