"""What the attacks allow to say about each variant."""

from collections.abc import Mapping, Sequence

from identity_attacks.rates import Conclusion, Rate
from identity_attacks.verdicts import judge

from workflow_scripts.contracts.attacks import NOTHING_LEFT, Attacks, JudgedAttack
from workflow_scripts.contracts.regions import Kind

MEASURES = {
    "rank_1": "found at the first guess",
    "rank_5": "among the first five guesses",
    "tar_at_far_0.01": "recognised where 1 % of others are taken for them",
    "tar_at_far_0.001": "recognised where 0.1 % of others are taken for them",
    "auc": "told from others",
    "read_whole": "read whole",
    "characters": "of the characters read",
    "any_character": "with a character read",
    "singled_out": "told from all other plates by what is read",
    "outside_of_quad": "with a character read outside of the corners that were found",
}
"""What the success by each measure is called, behind a share."""


def judged(files: Sequence[Attacks], margin: float) -> tuple[JudgedAttack, ...]:
    """Every attack on every variant, beside its success on the originals.

    Args:
        files: of the originals, then of the variants.
        margin: see `Privacy.margin`.
    """
    if not files:
        return ()
    originals = {run.title: run.success for run in files[0].runs}
    found = []
    for file in files[1:]:
        for run in file.runs:
            before = originals.get(run.title)
            judgement = (
                judge(run.success, before, margin=margin) if run.success and before else None
            )
            found.append(
                JudgedAttack(variant=file.variant, run=run, originals=before, judgement=judgement)
            )
    return tuple(found)


def answer(variant: str, attacks: Sequence[JudgedAttack], margin: float) -> list[str]:
    """What the attacks on a variant allow to say: a sentence for each kind of region."""
    sentences = []
    for kind in Kind:
        own = [one for one in attacks if one.variant == variant and one.run.kind is kind]
        if own:
            sentences.append(f"{variant}, {kind.plural}: {_answer(own, kind, margin)}")
    return sentences


def _answer(attacks: Sequence[JudgedAttack], kind: Kind, margin: float) -> str:
    by_conclusion: dict[Conclusion, list[JudgedAttack]] = {one: [] for one in Conclusion}
    for one in attacks:
        if one.judgement is not None:
            by_conclusion[one.judgement.conclusion].append(one)
    leaks, undecided = by_conclusion[Conclusion.LEAKS], by_conclusion[Conclusion.UNDECIDED]
    fails, safe = by_conclusion[Conclusion.FAILS], by_conclusion[Conclusion.CHANCE]
    if leaks:
        said = f"leaks. {_strongest(leaks, kind)}"
    elif undecided:
        needed = max(one.judgement.needed or 0 for one in undecided if one.judgement)
        few = f"; about {needed} would be needed" if needed else ""
        said = f"undecided, too few {kind.plural}{few}. {_strongest(undecided, kind)}"
    elif safe:
        said = (
            f"no attack does better than chance by more than {100 * margin:g} "
            f"{'point' if margin == 0.01 else 'points'}. {_strongest(safe, kind)}"
        )
    else:
        said = "no attack says anything"
    for one in fails:
        said += f"; {one.run.title} does not work on the originals, so its failure says nothing"
    for reason, titles in _not_run(attacks).items():
        said += f"; {_listed(titles)} did not run: {reason}"
    return said


def _strongest(attacks: Sequence[JudgedAttack], kind: Kind) -> str:
    """The success of the attack that exceeds chance most, by the measure that decided."""
    return max((_excess(one), _told(one)) for one in attacks)[1]


def _excess(one: JudgedAttack) -> float:
    rate = _deciding(one)
    return rate.value - rate.chance


def _deciding(one: JudgedAttack) -> Rate:
    assert one.run.success and one.judgement
    return one.run.success.rates[one.judgement.measure]


def _told(one: JudgedAttack) -> str:
    assert one.judgement and one.originals
    measure = one.judgement.measure
    rate, before = _deciding(one), one.originals.rates.get(measure)
    on_originals = f", {percent(before.value)} on the originals" if before else ""
    return (
        f"Strongest: {one.run.title}, {percent(rate.value)} of {rate.n} "
        f"{MEASURES.get(measure, measure)} (chance {percent(rate.chance)}{on_originals})"
    )


def _not_run(attacks: Sequence[JudgedAttack]) -> dict[str, list[str]]:
    """Titles of the attacks that did not run, by reason."""
    found: dict[str, list[str]] = {}
    for one in attacks:
        if one.run.reason:
            found.setdefault(one.run.reason, []).append(one.run.title)
    return found


def broken(attacks: Sequence[JudgedAttack], limits: Mapping[str, float]) -> list[str]:
    """Limits that a variant does not keep, a sentence each.

    A limit is kept if the upper end of the interval is at most the limit. One that no attack on a
    variant measured is not kept, unless the variant drops all that could be attacked.
    """
    found = []
    for variant in dict.fromkeys(one.variant for one in attacks):
        own = [one for one in attacks if one.variant == variant]
        for measure, limit in limits.items():
            rates = [
                (one.run.title, one.run.success.rates[measure])
                for one in own
                if one.run.success and measure in one.run.success.rates
            ]
            nothing_left = any(
                one.run.reason == NOTHING_LEFT and one.originals and measure in one.originals.rates
                for one in own
            )
            if not rates and not nothing_left:
                found.append(f"{variant}: {measure} was not measured, its limit is {limit:g}")
            for title, rate in rates:
                if rate.high > limit:
                    found.append(
                        f"{variant}: {title}, {measure} {rate.value:.3f}, up to {rate.high:.3f} "
                        f"(n = {rate.n}), exceeds its limit of {limit:g}"
                    )
    return found


def percent(share: float) -> str:
    """A share of 1 for readers."""
    return f"{100 * share:.1f} %"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
