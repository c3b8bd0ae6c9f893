"""The jobs described by profiles, as the executor would submit them, and Slurm's response."""

import itertools
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from configargparse import ConfigFileParserException  # type: ignore[import-untyped]
from plain_commands.errors import UserError
from slurm_repairs.limits import Limited, SlurmLimit, SlurmSite
from slurm_repairs.questions import NoAnswerError, ask
from slurm_repairs.reasons import AWAY, lifted_by_time
from snakemake.profiles import ProfileConfigFileParser
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string

PROFILE_NAMES = "profile.yaml", "config.yaml"
"""File names in a profile's folder."""
SECONDS = 60
"""Time limit of a query; a slower controller counts as unreachable."""
ADVICE = {
    "account": "set account; yours: sacctmgr show associations user=$USER format=account",
    "partition": 'set cpu_partition or gpu_partition; available: sinfo -o "%P %l %G"',
    "qos": "set slurm-qos; yours: sacctmgr show associations user=$USER format=account,qos",
    "feature": 'set cpu_constraint or gpu_constraint; available: sinfo -o "%P %f"',
    "reservation": "set slurm-reservation; available: scontrol show reservation",
    "generic resource": 'set gpus, gpu_model or gpus_by; available: sinfo -o "%P %G"',
    "gres": 'set gpus, gpu_model or gpus_by; available: sinfo -o "%P %G"',
    "time limit": 'set train_runtime; the longest: sinfo -o "%P %l"',
    "node configuration": "no node has these resources; set gpus, gpu_model, train_cores, "
    "train_mem_mb or "
    'gpu_partition; available: sinfo -o "%P %c cores %m MB %G"',
    "does not answer": "ask again later, or on a login node",
    "unable to contact": "the controller does not respond; try again later, or on a login node",
}
"""Settings of the site file to change, by a word in Slurm's message; the first match counts."""
LIMITED_BY = {Limited.GPUS: "gres", Limited.MINUTES: "time limit"}
"""Word of `ADVICE` for a limit."""
LONG = {"-A": "account", "-p": "partition", "-t": "time", "-C": "constraint", "-c": "cpus-per-task"}
"""Long names of the options that the executor abbreviates."""


@dataclass(frozen=True)
class Profile:
    """Merged profiles; entries of later ones override those of earlier ones."""

    entries: Mapping[str, Any]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "Profile":
        """Read profiles, which are folders or files, as Snakemake does.

        Raises:
            UserError: one is missing or not a profile.
        """
        entries: dict[str, Any] = {}
        for path in paths:
            file = next((path / n for n in PROFILE_NAMES if (path / n).is_file()), path)
            try:
                with file.open(encoding="utf-8") as stream:
                    entries |= ProfileConfigFileParser().parse(stream)
            except OSError as error:
                raise UserError(f"{path}: no profile there ({error.strerror})") from None
            except ConfigFileParserException as error:
                raise UserError(f"{file}: {' '.join(str(error).split())}") from None
        return cls(entries)

    @property
    def rules(self) -> list[str]:
        """The rules with their own resources."""
        pairs = self.entries.get("set-resources", [])
        return list(dict.fromkeys(pair.split(":", 1)[0] for pair in pairs))

    def job(self, rule: str | None) -> SimpleNamespace:
        """A job of a rule, or one with the default resources, in the executor's form."""
        resources = _values(self.entries.get("default-resources", []))
        threads = 1
        if rule is not None:
            own = self.entries.get("set-resources", [])
            prefix = f"{rule}:"
            resources |= _values(p.removeprefix(prefix) for p in own if p.startswith(prefix))
            threads = _values(self.entries.get("set-threads", [])).get(rule, 1)
        known = {name: value for name, value in resources.items() if value is not None}
        return SimpleNamespace(resources=known, threads=threads)


def _values(pairs: Iterable[str]) -> dict[str, Any]:
    """Values of `name=value` by name: numbers as int, None if nothing is requested."""
    values: dict[str, Any] = {}
    for name, text in (pair.split("=", 1) for pair in pairs):
        bare = text.strip("'\"")
        values[name] = int(bare) if bare.isdigit() else None if bare == "None" else bare
    return values


class _Resources(dict[str, Any]):
    """A job's resources, accessible by name and, for the executor, as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def sbatch_command(
    resources: Mapping[str, Any],
    threads: int,
    *,
    qos: str | None = None,
    reservation: str | None = None,
    comment: str = "check",
) -> list[str]:
    """The command by which the executor would submit a job.

    Args:
        resources: the job's resources; None for resources that are not requested.
        threads: the job's threads.
        qos: `slurm-qos` of the profile.
        reservation: `slurm-reservation` of the profile.
        comment: the job's comment; the executor puts the rule and its wildcards there.
    """
    known = _Resources({name: value for name, value in resources.items() if value is not None})
    account, partition = (known.get(f"slurm_{name}") for name in ("account", "partition"))
    params = {
        "run_uuid": "check",
        "slurm_logfile": "/dev/null",
        "comment_str": comment,
        "account": f"--account={shlex.quote(account)}" if account else "",
        "partition": f"--partition={shlex.quote(partition)}" if partition else "",
        "workdir": None,
    }
    settings = SimpleNamespace(qos=qos, reservation=reservation, requeue=False, no_requeue=False)
    job = SimpleNamespace(resources=known, threads=threads)
    return shlex.split(get_submit_command(job, params, settings=settings) + set_gres_string(job))


def options_of(command: list[str]) -> dict[str, str | bool]:
    """The options of an `sbatch` command by their long names; True for those without a value."""
    options: dict[str, str | bool] = {}
    words = command[1:]
    while words:
        name, equals, text = words.pop(0).partition("=")
        value: str | bool = text
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("-") else True
        options[LONG.get(name, name.lstrip("-"))] = value
    return options


def refusal_of(command: list[str], site: SlurmSite, partition: str | None) -> str | None:
    """Slurm's reason for a lasting refusal of a submission, with advice; else None."""
    try:
        ask(command[0], "--test-only", *command[1:], "--wrap", "true", seconds=SECONDS)
    except NoAnswerError as refusal:
        reason = " ".join(line.removeprefix("sbatch: error: ") for line in refusal.lines)
        # A limit is currently used up by other jobs, or the partition is closed.
        if AWAY not in (lifted_by_time(reason, has_jobs=True) or AWAY):
            return None
        if "node configuration" in reason:
            if site.closed(partition):
                return None
            away, total = site.nodes_away(partition)
            reason += f" ({away} of {total} nodes are currently down or drained)" if away else ""
        return f"{reason}; {advice_on(reason)}"
    return None


def choices_of(
    site: SlurmSite, account: str | None, qos: str | None, partition: str | None
) -> list[list[SlurmLimit]]:
    """The limits of a job in each partition that it may run in.

    Args:
        site: the cluster.
        account: account of the job; None for the default one, as for the other parameters.
        qos: quality of service of the job.
        partition: one partition, or several separated by commas.
    """
    names: list[str | None] = [*partition.split(",")] if partition else [None]
    return [site.limits(account, qos, name) for name in names]


def never_starts(resources: Mapping[str, Any], choices: Sequence[list[SlurmLimit]]) -> list[str]:
    """Reasons why a job would start in none of its partitions; empty if it starts in one."""
    reasons = [list(limits_exceeded(resources, limits)) for limits in choices]
    return list(dict.fromkeys(itertools.chain(*reasons))) if all(reasons) else []


def loosest(choices: Sequence[Sequence[SlurmLimit]]) -> Iterator[SlurmLimit]:
    """The limit of each quantity in the partition that allows most; none if one has no limit."""
    for on in Limited:
        limits = [least(of_partition, on) for of_partition in choices]
        known = [limit for limit in limits if limit is not None]
        if known and len(known) == len(limits):
            yield max(known, key=lambda limit: limit.most)


def limits_exceeded(resources: Mapping[str, Any], limits: Iterable[SlurmLimit]) -> Iterator[str]:
    """Reasons why a job would never start: many clusters accept such jobs."""
    gpus, model = gpus_requested(resources)
    requested = {Limited.GPUS: gpus, Limited.MINUTES: resources.get("runtime") or 0}
    own = [limit for limit in limits if limit.gpu_model in (None, model)]
    for on, amount in requested.items():
        limit = least(own, on)
        if limit is not None and amount > limit.most:
            yield (
                f"{amount} {on} exceed the {limit.most:g} of {limit.by}, so the job would wait "
                f"forever; {ADVICE[LIMITED_BY[on]]}"
            )


def gpus_requested(resources: Mapping[str, Any]) -> tuple[int, str | None]:
    """Number of GPUs that a job requests from Slurm, by either option, and their model."""
    kind, *model_and_number = str(resources.get("gres") or "").split(":")
    if kind != "gpu":
        return resources.get("gpu") or 0, resources.get("gpu_model")
    number = model_and_number[-1] if model_and_number else "1"
    return int(number), model_and_number[0] if len(model_and_number) > 1 else None


def least(limits: Iterable[SlurmLimit], on: Limited) -> SlurmLimit | None:
    """The strictest of some limits on the same thing, or None."""
    return min((limit for limit in limits if limit.on is on), key=lambda it: it.most, default=None)


def advice_on(message: str) -> str:
    """Settings of the site file to change, by Slurm's message."""
    message = message.lower()
    fitting = (advice for word, advice in ADVICE.items() if word in message)
    return next(fitting, "see docs/slurm.md")
