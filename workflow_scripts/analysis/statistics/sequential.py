"""Sequential design: runs to add after a look at the results, and when to stop.

The numbers of runs at the looks are chosen beforehand, and the level of the tests is divided by the
number of looks. The probability of a false claim at any look is then at most the level (union
bound, Bonferroni), whatever the reason for a further look.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from plain_commands.errors import UserError
from run_equivalence.verdicts import ClassVerdict, Verdict

from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.verdicts import ExperimentVerdict


@dataclass(frozen=True)
class Step:
    """Next step after a look."""

    look: int
    """Number of the look, from 1."""
    looks: tuple[int, ...]
    """Runs per variant at each look."""
    undecided: dict[str, tuple[str, ...]]
    """Undecided classes (`all` for their mean) by variant."""
    more_seeds: dict[str, tuple[int, ...]]
    """Additional seeds by variant, beyond those that every variant has; new ones are last."""
    added: dict[str, int]
    """Number of new runs by variant; empty at the end."""

    @property
    def is_last(self) -> bool:
        """Whether no further look was planned."""
        return self.look == len(self.looks)


def next_step(verdict: ExperimentVerdict, expected: ExpectedRuns, margin: float) -> Step:
    """Runs to add.

    Runs are added to the variants that are undecided within the margin, and to the reference, up to
    the number of the next look. Controls get none.

    Args:
        verdict: verdict on the existing runs.
        expected: the existing runs.
        margin: one of the margins of the verdict.

    Raises:
        UserError: there are no looks, the verdict is on other runs, or a run is missing.
    """
    looks = verdict.settings.looks
    runs = {variant: len(expected.seeds_of(variant)) for variant in expected.variants}
    reached = max(runs.values())
    finding = _finding(verdict, runs, reached)
    if finding:
        raise UserError(finding)
    undecided = {
        variant.variant: names
        for variant in verdict.treatments
        if (names := tuple(_undecided(variant.rows, verdict.settings.margins.index(margin))))
    }
    look = looks.index(reached) + 1
    more = {variant: list(expected.more_seeds.get(variant, ())) for variant in expected.variants}
    added = {}
    if undecided and look < len(looks):
        for variant in (verdict.reference, *undecided):
            new = expected.unused_seeds(variant, looks[look] - runs[variant])
            more[variant] += new
            added[variant] = len(new)
    return Step(
        look=look,
        looks=looks,
        undecided=undecided,
        more_seeds={variant: tuple(seeds) for variant, seeds in more.items() if seeds},
        added=added,
    )


def _finding(verdict: ExperimentVerdict, runs: dict[str, int], reached: int) -> str | None:
    """Reason why there is no next step yet, one line; None if there is one."""
    looks = verdict.settings.looks
    judged = {verdict.reference, *(variant.variant for variant in verdict.variants)}
    if not looks:
        return (
            "statistics.looks is empty; set the numbers of runs for the looks, e.g. "
            "[5, 10, 15], and run snakemake"
        )
    if verdict.missing:
        return f"runs are missing: {verdict.missing}; run snakemake first"
    if judged != set(runs) or any(
        (row.variant.n, row.reference.n) != (runs[variant.variant], runs[verdict.reference])
        for variant in verdict.variants
        for row in [variant.over_all]
    ):
        return "verdict.json does not cover the runs in runs/expected.json; run snakemake first"
    if reached not in looks:
        planned = ", ".join(map(str, looks))
        return f"{reached} runs per variant is not one of statistics.looks ({planned})"
    return None


def _undecided(rows: Iterable[ClassVerdict], index: int) -> Iterable[str]:
    return (row.name for row in rows if row.margins[index].verdict is Verdict.INCONCLUSIVE)
