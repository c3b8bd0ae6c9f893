"""A cluster's limits on a user's jobs, from accounting and partitions."""

import getpass
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .questions import NoAnswerError, ask, minutes_of, rows

QUESTION_SECONDS = 60
"""Time limit of a query; a slower controller counts as unreachable."""
_ASSOCIATION = {
    **{"account": "Account", "user": "User", "partition": "Partition", "parent": "ParentName"},
    **{"default_qos": "DefaultQOS", "jobs": "MaxJobs", "submitted": "MaxSubmit"},
    **{"job_tres": "MaxTRES", "minutes": "MaxWall", "group_jobs": "GrpJobs"},
    **{"group_submitted": "GrpSubmit", "group_tres": "GrpTRES", "qos": "QOS"},
}
_QOS = {
    **{
        "name": "Name",
        "jobs": "MaxJobsPU",
        "submitted": "MaxSubmitPU",
        "account_jobs": "MaxJobsPA",
    },
    **{"account_submitted": "MaxSubmitPA", "job_tres": "MaxTRES", "user_tres": "MaxTRESPU"},
    **{"account_tres": "MaxTRESPA", "minutes": "MaxWall", "group_jobs": "GrpJobs"},
    **{"group_submitted": "GrpSubmit", "group_tres": "GrpTRES"},
}
_AWAY = "down", "drain", "fail", "maint", "error", "unknown"
"""Prefixes of states of nodes that currently start no jobs."""
_WHOSE = {"user": "per user", "account": "per account", "group": "for all together", "job": "a job"}


class Limited(StrEnum):
    """Limited quantity."""

    SUBMITTED = "submitted jobs"
    RUNNING = "running jobs"
    GPUS = "GPUs"
    MINUTES = "minutes"


@dataclass(frozen=True)
class SlurmLimit:
    """One limit."""

    on: Limited
    most: float
    by: str
    """Source and scope, such as `QOS short, per user`."""
    gpu_model: str | None = None
    """Model of the counted GPUs; None for all models."""


@dataclass(frozen=True)
class SlurmSite:
    """A cluster's data on accounts, qualities of service and partitions."""

    enforced: bool
    """Whether limits of accounts and qualities of service are enforced."""
    default_account: str | None
    associations: tuple[dict[str, str], ...]
    qos: tuple[dict[str, str], ...]
    partitions: tuple[dict[str, str], ...]
    nodes: tuple[dict[str, str], ...]
    """Numbers of nodes by partition and state."""

    @classmethod
    def ask(cls) -> "SlurmSite":
        """Query Slurm's commands; unknown parts are missing."""
        settings = dict(_pairs(_answer("scontrol", "show", "config"), " = "))
        enforced = "limits" in settings.get("AccountingStorageEnforce", "").split(",")
        user, known = getpass.getuser(), ("sacctmgr", "--noheader", "--parsable2", "show")
        account = _answer(*known, "user", user, "format=DefaultAccount").strip()
        cluster = settings.get("ClusterName", "")
        where = (f"cluster={cluster}",) if cluster else ()
        associations = _answer(*known, "associations", *where, _format(_ASSOCIATION))
        qos = _answer(*known, "qos", _format(_QOS))
        partitions = _answer("scontrol", "--oneliner", "show", "partition").splitlines()
        nodes = _answer("sinfo", "--noheader", "--format=%R|%T|%D")
        return cls(
            enforced,
            account if re.fullmatch(r"[\w.@+-]+", account) else None,
            tuple(rows(associations, *_ASSOCIATION)),
            tuple(rows(qos, *_QOS)),
            tuple(dict(_pairs("\n".join(line.split()), "=")) for line in partitions),
            tuple(rows(nodes, "partition", "state", "count")),
        )

    def closed(self, partition: str | None) -> str | None:
        """Reason why a partition currently starts no jobs; None if it does.

        Args:
            partition: name of the partition, or several separated by commas, in any of which a job
                may run; None for the default one.
        """
        reasons = [self._closed(row) for row in self._partition(partition)]
        if not reasons or not all(reasons):
            return None
        return " and ".join(dict.fromkeys(filter(None, reasons)))

    def _closed(self, row: dict[str, str]) -> str | None:
        name, state = row["PartitionName"], row.get("State", "UP").partition(" ")[0]
        if state != "UP":
            return f"partition {name} is currently closed ({state})"
        away, total = self.nodes_away(name)
        is_empty = total > 0 and away == total
        return f"all nodes of partition {name} are currently down or drained" if is_empty else None

    def nodes_away(self, partition: str | None) -> tuple[int, int]:
        """Number of nodes that are down or drained, and number of all nodes.

        Args:
            partition: as in `closed`; nodes of several partitions count once in each.
        """
        names = [row["PartitionName"] for row in self._partition(partition)]
        counts = [
            (row["state"].startswith(_AWAY), int(row["count"]))
            for row in self.nodes
            if row["partition"] in names and row["count"].isdecimal()
        ]
        return sum(count for away, count in counts if away), sum(count for _, count in counts)

    def _partition(self, name: str | None) -> Iterator[dict[str, str]]:
        """Slurm's description of each partition that a name lists, or of the default one."""
        for row in self.partitions:
            own = row.get("PartitionName")
            if own and (row.get("Default") == "YES" if name is None else own in name.split(",")):
                yield row

    def limits(
        self, account: str | None, qos: str | None, partition: str | None
    ) -> list[SlurmLimit]:
        """The limits that apply to a job in one partition; None means Slurm's default.

        Limits of the partition always apply.
        """
        found: list[SlurmLimit] = []
        for row in self._partition(partition):
            partition = row["PartitionName"]
            minutes = minutes_of(row.get("MaxTime", ""))
            if minutes is not None:
                found.append(SlurmLimit(Limited.MINUTES, minutes, f"partition {partition}"))
            found += self._of_qos(row.get("QoS", "N/A"), f"QOS of partition {partition}")
        for row in self._associations(account or self.default_account, partition):
            owner = f"account {row['account']}"
            found += _limits(row, f"your association with {owner}" if row["user"] else owner)
            qos = qos or (row["default_qos"] if row["user"] else None)
        return found + self._of_qos(qos or "normal", f"QOS {qos or 'normal'}")

    def _associations(self, account: str | None, partition: str | None) -> Iterator[dict[str, str]]:
        """This user's association with an account, and those of its parent accounts."""
        user = getpass.getuser()
        if not self.enforced:
            return
        for row in self.associations:
            is_own = row["user"] == user and row["partition"] in ("", partition)
            if is_own and row["account"] == account:
                yield row
        above: set[str] = set()
        while account and account not in above:
            above.add(account)
            same = [r for r in self.associations if r["account"] == account and not r["user"]]
            yield from same
            account = next((row["parent"] for row in same), None)

    def _of_qos(self, name: str, by: str) -> list[SlurmLimit]:
        same = (row for row in self.qos if row["name"] == name)
        return [limit for row in same for limit in _limits(row, by)] if self.enforced else []


def _limits(row: dict[str, str], by: str) -> Iterator[SlurmLimit]:
    """The limits in a row of `sacctmgr`; an empty field means no limit."""
    for key, text in row.items():
        scope, _, rest = key.rpartition("_")
        whose = _WHOSE.get(scope, "" if by.startswith("your") else "per user")
        name = f"{by}, {whose}" if whose else by
        if rest == "tres":
            for model, count in re.findall(r"gres/gpu(?::([\w.-]+))?=(\d+)", text):
                yield SlurmLimit(Limited.GPUS, int(count), name, model or None)
        elif rest == "minutes" and (minutes := minutes_of(text)) is not None:
            yield SlurmLimit(Limited.MINUTES, minutes, by)
        elif rest in ("jobs", "submitted") and text.isdecimal():
            on = Limited.RUNNING if rest == "jobs" else Limited.SUBMITTED
            yield SlurmLimit(on, int(text), name)


def _format(fields: dict[str, str]) -> str:
    return f"format={','.join(fields.values())}"


def _answer(*command: str) -> str:
    try:
        return ask(*command, seconds=QUESTION_SECONDS)
    except NoAnswerError:
        return ""


def _pairs(text: str, sign: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, found, value = line.partition(sign)
        if found:
            yield name.strip(), value.strip()
