"""Comparison of an experiment with its registration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from plain_commands.files import canonical_json

from workflow_scripts.analysis.report.results import ExperimentResults, Run
from workflow_scripts.contracts.registrations import FILE_NAME, Registration, plan_in

LONGEST_VALUE = 60
"""Maximum number of characters of a quoted value."""
LEADING = 20
"""Maximum number of quoted characters before the first difference."""
MOST_NAMED = 5
"""Maximum number of runs named in a change."""


@dataclass(frozen=True)
class RegisteredPlan:
    """A registration, compared with the experiment."""

    sentence: str
    """Sentence with the times of the registration and of the first run."""
    changes: tuple[str, ...]
    """Later changes, one clause each."""
    sha256: str


def check_registration(results: ExperimentResults) -> RegisteredPlan | None:
    """Compare the registration, if any, with the runs, the config and the data."""
    registration = results.registration
    if registration is None:
        return None
    changes = [*_of_the_file(registration, results), *_of_config(registration, results)]
    changes += [*_of_seeds(registration, results), *_of_data(registration, results)]
    changes += _of_runs(registration, results)
    return RegisteredPlan(
        sentence=_when(registration, results),
        changes=tuple(changes),
        sha256=registration.sha256,
    )


def _when(registration: Registration, results: ExperimentResults) -> str:
    """The order of the registration and the first start of a run."""
    written = _time(registration.registered)
    if written is None:
        return f"The time in {FILE_NAME} is not a time: {registration.registered!r}."
    trained = [run for run in results.runs if run.training]
    starts = [time for run in trained if run.training and (time := _time(run.training.start))]
    unknown = len(trained) - len(starts)
    said = f"; {unknown} of {len(trained)} runs recorded no start" if unknown else ""
    if not starts:
        return f"Registered on {_shown(written)}; no run has a recorded start{said}."
    first = min(starts)
    late = sum(start < written for start in starts)
    if late:
        return (
            f"Registered on {_shown(written)}, after {late} of {len(trained)} runs had started, "
            f"the first on {_shown(first)}: for these, nothing was registered beforehand{said}."
        )
    return (
        f"The plan was registered before the first run started: on {_shown(written)}, the run on "
        f"{_shown(first)}{said}.{_with_looks(registration, results)}"
    )


def _with_looks(registration: Registration, results: ExperimentResults) -> str:
    """A sentence on registered runs that were added at a look; empty if there are none."""
    further = [
        run for run in _added_at_looks(registration, results) if _fingerprint(registration, run)
    ]
    if not further:
        return ""
    of = "run" if len(further) == 1 else f"{len(further)} runs"
    return f" It has the {of} that a look added."


def _added_at_looks(registration: Registration, results: ExperimentResults) -> list[Run]:
    """The added trained runs of a variant, if their number fits a registered look."""
    return [
        run
        for variant, seeds in registration.seeds.items()
        for of in [[run for run in results.runs if run.variant == variant]]
        if len(of) in registration.looks
        for run in of
        if run.training and run.seed not in seeds
    ]


def _fingerprint(registration: Registration, run: Run) -> str | None:
    """The registered fingerprint of a run, or None."""
    return registration.runs.get(run.variant, {}).get(str(run.seed))


def _time(text: str | None) -> datetime | None:
    """A time in a file, in UTC; None if missing or malformed."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _shown(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")


def _of_the_file(registration: Registration, results: ExperimentResults) -> Iterator[str]:
    if not registration.is_intact:
        yield f"{FILE_NAME} itself: its content does not match its hash"
    of = results.provenance.experiment if results.provenance else registration.experiment
    if registration.experiment != of:
        yield f"experiment: registered {registration.experiment}, now {of}"


def _of_config(registration: Registration, results: ExperimentResults) -> Iterator[str]:
    if results.provenance is None:
        yield "not known for the config: there is no provenance.json"
        return
    now = plan_in(results.provenance.config)
    for key, old, new in _differences(registration.plan, now):
        before, after = _quoted(old, new)
        yield f"{key}: registered {before}, now {after}"


_ABSENT = object()


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Dotted key and both values of each difference; `_ABSENT` where a key is missing."""
    for key in sorted({*before, *now}):
        old, new = before.get(key, _ABSENT), now.get(key, _ABSENT)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{above}{key}.")
        elif old != new:
            yield f"{above}{key}", old, new


def _quoted(*values: Any) -> list[str]:
    """Two values as JSON, shortened to the part that differs."""
    texts = ["nothing" if value is _ABSENT else canonical_json(value) for value in values]
    pairs = zip(*texts, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    is_cut = max(map(len, texts)) > LONGEST_VALUE and same > LONGEST_VALUE // 2
    start = same - LEADING if is_cut else 0
    return [
        "…" * (start > 0)
        + text[start : start + LONGEST_VALUE]
        + "…" * (len(text) > start + LONGEST_VALUE)
        for text in texts
    ]


def _of_seeds(registration: Registration, results: ExperimentResults) -> Iterator[str]:
    """Seeds that were added or omitted, except at a registered look."""
    done: dict[str, list[int]] = {variant: [] for variant in results.variants}
    for run in results.runs:
        done[run.variant].append(run.seed)
    for variant, registered in registration.seeds.items():
        seeds = done.get(variant)
        if seeds is None:
            continue  # already reported as a change of `variants`
        if left_out := [seed for seed in registered if seed not in seeds]:
            yield f"seeds of {variant}: without {', '.join(map(str, left_out))}"
        added = [seed for seed in seeds if seed not in registered]
        if added and len(seeds) not in registration.looks:
            why = (
                "which is not a registered look" if registration.looks else "no look was registered"
            )
            yield f"seeds of {variant}: {len(registered)} registered, now {len(seeds)}; {why}"


def _of_data(registration: Registration, results: ExperimentResults) -> Iterator[str]:
    now = results.provenance.data if results.provenance else {}
    gone = [split for split in registration.data if now and split not in now]
    for split in [*now, *gone]:
        before, digest = registration.data.get(split, ""), now.get(split, "")
        if before != digest:
            yield (
                f"{split} images or labels: registered {before[:12] or 'none'}, "
                f"now {digest[:12] or 'none'}"
            )


def _of_runs(registration: Registration, results: ExperimentResults) -> Iterator[str]:
    """Runs whose fingerprint differs from the registered one."""
    others = [
        run
        for run in results.runs
        if run.training
        and (wanted := _fingerprint(registration, run))
        and wanted != run.training.fingerprint
    ]
    if others:
        yield f"the settings, data or code of {_counted(others)} ({_named(others)})"
    unknown = [
        run
        for run in _added_at_looks(registration, results)
        if _fingerprint(registration, run) is None
    ]
    if unknown:
        yield (
            f"no settings, data and code were registered for {_counted(unknown)} added at a look "
            f"({_named(unknown)})"
        )


def _counted(runs: Sequence[Run]) -> str:
    return "1 training" if len(runs) == 1 else f"{len(runs)} trainings"


def _named(runs: Sequence[Run]) -> str:
    """The first runs, and the number of further ones."""
    names = [f"{run.variant} seed {run.seed}" for run in runs[:MOST_NAMED]]
    more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
    return ", ".join(names) + more
