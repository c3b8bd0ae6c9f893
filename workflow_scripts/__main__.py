"""`python -m workflow_scripts`: every command of the workflow."""

import sys
from collections.abc import Mapping
from typing import Any, NoReturn

try:
    from workflow_scripts.common.cli import Ending, Program
except ModuleNotFoundError as error:
    if (error.name or "").startswith("workflow_scripts"):
        raise
    sys.exit(
        f"error: {error.name} is not installed for {sys.executable}; `make setup` installs it in "
        ".venv, which `source .venv/bin/activate` takes"
    )

COMMANDS = {
    "init": "config.commands.init:init",
    "config": "config.commands.check:check",
    "anonymize": "operations.commands.anonymize:anonymize",
    "plan": "operations.commands.plan:plan",
    "status": "operations.commands.status:status",
    "usage": "operations.commands.usage:usage",
    "launch": "operations.commands.launch:launch",
    "record": "operations.commands.record:record",
    "register": "operations.commands.register:register",
    "speed verify": "operations.commands.speed_verify:verify",
    "cluster check": "operations.commands.cluster_check:check",
    "weights list": "operations.commands.weights_list:show",
    "weights fetch": "operations.commands.weights_fetch:fetch",
    "weights record": "operations.commands.weights_record:record",
    "dataset draw": "dataset.commands.draw:draw",
    "dataset convert": "dataset.commands.convert:convert",
    "dataset index": "dataset.commands.index:index",
    "dataset index-test": "dataset.commands.index_test:index_test",
    "pii check": "pii.commands.check:check",
    "pii detect": "pii.commands.detect:detect",
    "pii summarize": "pii.commands.summarize:summarize",
    "anonymization check": "anonymization.commands.check:check",
    "anonymization apply": "anonymization.commands.apply:apply",
    "anonymization donors": "anonymization.commands.donors:donors",
    "anonymization gather": "anonymization.commands.gather:gather",
    "privacy audit": "privacy.commands.audit:audit",
    "privacy pictures": "privacy.commands.pictures:pictures",
    "privacy attack": "privacy.commands.attack:attack",
    "privacy missed": "privacy.commands.missed:missed",
    "privacy table": "privacy.commands.table:table",
    "privacy limits": "privacy.commands.limits:limits",
    "privacy figure": "privacy.commands.figure:figure",
    "privacy hand-over": "privacy.commands.hand_over:hand_over",
    "privacy review": "privacy.commands.review:review",
    "privacy reviewed": "privacy.commands.reviewed:reviewed",
    "privacy show": "privacy.commands.show:show",
    "training check": "training.commands.check:check",
    "training doctor": "training.commands.doctor:doctor",
    "training train": "training.commands.train:train",
    "training predict": "training.commands.predict:predict",
    "training losses": "training.commands.losses:losses",
    "training export": "training.commands.export:export",
    "evaluation": "evaluation.commands.evaluate:evaluate",
    "tables make": "analysis.tables.commands.make:make",
    "tables cross": "analysis.tables.commands.cross:cross",
    "tables show": "analysis.tables.commands.show:show",
    "statistics verdict": "analysis.statistics.commands.verdict:verdict",
    "statistics exposed": "analysis.statistics.commands.exposed:exposed",
    "statistics next": "analysis.statistics.commands.next:next_runs",
    "statistics variance": "analysis.statistics.commands.variance:variance",
    "statistics power": "analysis.statistics.commands.power:power",
    "statistics show": "analysis.statistics.commands.show:show",
    "report html": "analysis.report.commands.html:html",
    "report figures": "analysis.report.commands.figures:figures",
    "report methods": "analysis.report.commands.methods:methods",
    "report compare": "analysis.report.commands.compare:compare",
    "report provenance": "analysis.report.commands.provenance:provenance",
}
"""Module and function of each command, by the words that are typed."""


def _record_usage(parameters: Mapping[str, Any]) -> Ending | None:
    """Record the resources that a job uses; a job is a command with a log below `logs`."""
    log_file = parameters["log"]
    if log_file is None or "logs" not in log_file.parts:
        return None
    from workflow_scripts.contracts.usage import job_of  # noqa: PLC0415 - jobs only
    from workflow_scripts.operations.usage import Recorder  # noqa: PLC0415 - jobs only

    gpus, threads = parameters.get("gpus"), parameters.get("threads")
    return Recorder(*job_of(log_file), gpus, threads).end


PROGRAM = Program(
    "workflow_scripts",
    "What anonymizing training images costs: the commands behind the workflow.",
    {path: f"workflow_scripts.{target}" for path, target in COMMANDS.items()},
    _record_usage,
)


def run_room(room: str, action: str | None = None) -> NoReturn:
    """Run `python -m workflow_scripts.<room>`.

    Args:
        room: first word of the room's commands.
        action: default second word.
    """
    typed = sys.argv[1:]
    if action and (not typed or typed[0].startswith("-")):
        typed = [action, *typed]
    PROGRAM.main([room, *typed])


if __name__ == "__main__":
    PROGRAM.main()
