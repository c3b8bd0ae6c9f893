"""Conclusions from the attacks on each variant."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from identity_attacks.rates import Conclusion, Rate
from identity_attacks.verdicts import judge
from plain_commands.counts import counted

from workflow_scripts.contracts.attacks import (
    NOTHING_LEFT,
    Attacks,
    JudgedAttack,
    headline,
    none_large_enough,
)
from workflow_scripts.contracts.regions import Kind

MEASURES = {
    "rank_1": ("rank 1", "share whose most similar known picture shows the same person or plate"),
    "rank_5": ("rank 5", "share with the same person or plate among the five most similar"),
    "tar_at_far_0.01": (
        "TAR at FAR 1 %",
        "share recognised at a threshold that 1 % of the non-matching pairs exceed",
    ),
    "tar_at_far_0.001": (
        "TAR at FAR 0.1 %",
        "share recognised at a threshold that 0.1 % of the non-matching pairs exceed",
    ),
    "auc": (
        "AUC",
        "probability that a matching pair is more similar than a non-matching one, 0 to 1",
    ),
    "tpr_at_fpr_0.01": (
        "TPR at FPR 1 %",
        "share of the training images identified while 1 % of the others are wrongly identified",
    ),
    "tpr_at_fpr_0.001": (
        "TPR at FPR 0.1 %",
        "share of the training images identified while 0.1 % of the others are wrongly identified",
    ),
    "read_whole": ("read whole", "share of the plates read without an error"),
    "characters": ("characters", "share of the characters read at their position"),
    "any_character": ("any character", "share of the plates with a character read at its position"),
    "singled_out": (
        "singled out",
        "share of the plates that the reading fits better than all others of the data set",
    ),
    "outside_of_quad": (
        "outside of the quad",
        "share with at least one read, of the plates with characters beyond the detected corners",
    ),
}
"""Standard name and definition of each measure."""
MEANINGS = {
    Conclusion.LEAKS: "at least one measure is higher than guessing explains (level 5 %, corrected "
    "for the number of measures and attacks). Some identity is left, even if few can "
    "be named.",
    Conclusion.UNDECIDED: "neither a leak nor its absence is shown: too few were attacked, or the "
    "success is near the margin. This is not evidence of protection.",
    Conclusion.CHANCE: "success exceeds guessing by no more than the margin, with 95 % confidence. "
    "It holds for this attack and these images; a better attack may succeed.",
    Conclusion.FAILS: "the attack succeeds on fewer than half of the originals. Its failure on "
    "anonymized images is not evidence.",
}
"""Meaning of each conclusion for readers, worst first."""


def judged(files: Sequence[Attacks], margin: float) -> tuple[JudgedAttack, ...]:
    """Every attack on every variant, with its success on the originals.

    Args:
        files: files of the originals, then of the variants.
        margin: see `Privacy.margin`.
    """
    if not files:
        return ()
    originals = {run.title: run.success for run in files[0].runs}
    found = []
    for file in files[1:]:
        tried = Counter(run.kind for run in file.runs if run.success and originals.get(run.title))
        for run in file.runs:
            before = originals.get(run.title)
            judgement = None
            if run.success and before:
                several = tried[run.kind]
                judgement = judge(run.success, before, margin=margin, attacks=several)
            found.append(
                JudgedAttack(variant=file.variant, run=run, originals=before, judgement=judgement)
            )
    return tuple(found)


def answer(
    variant: str,
    attacks: Sequence[JudgedAttack],
    margin: float,
    looked_for: Collection[Kind] = tuple(Kind),
    coverage: Mapping[Kind, str] | None = None,
) -> list[str]:
    """Conclusions from the attacks on a variant: one sentence per kind of region.

    Args:
        variant: name of the variant.
        attacks: attacks on all variants.
        margin: see `Privacy.margin`.
        looked_for: kinds that were searched for.
        coverage: a clause per kind on a person's review of missed regions.
    """
    sentences = []
    for kind in Kind:
        own = [one for one in attacks if one.variant == variant and one.run.kind is kind]
        if own:
            said = f"not looked for ({kind.key} is null), so no attack gives evidence"
            if kind in looked_for:
                said = _answer(own, kind, margin, (coverage or {}).get(kind))
            sentences.append(f"{variant}, {kind.plural}: {said}")
    return sentences


def in_short(
    variant: str, attacks: Sequence[JudgedAttack], looked_for: Collection[Kind] = tuple(Kind)
) -> str:
    """Conclusions from the attacks on a variant, as one sentence on all kinds of region.

    Args:
        variant: name of the variant.
        attacks: attacks on all variants.
        looked_for: kinds that were searched for.
    """
    clauses = []
    for kind in Kind:
        own = [one for one in attacks if one.variant == variant and one.run.kind is kind]
        if own and kind not in looked_for:
            clauses.append(f"{kind.plural} were not looked for")
        elif own:
            clauses.append(_clause(own, kind))
    return f"{variant}: {'; '.join(clauses) or 'not attacked'}."


def _clause(attacks: Sequence[JudgedAttack], kind: Kind) -> str:
    match worst(attacks):
        case Conclusion.LEAKS:
            return f"{kind.plural} leak"
        case Conclusion.UNDECIDED:
            return f"{kind.plural} are undecided"
        case Conclusion.CHANCE:
            that_ran = "that ran " if _not_run(attacks) else ""
            return f"no attack {that_ran}on {kind.plural} is better than chance"
        case None:
            return f"no attack on {kind.plural} could be made"
        case _:
            return f"no attack gives evidence on {kind.plural}"


def worst(attacks: Sequence[JudgedAttack]) -> Conclusion | None:
    """The worst conclusion from some attacks; None if there is none."""
    reached = {one.judgement.conclusion for one in attacks if one.judgement}
    return next((one for one in MEANINGS if one in reached), None)


def _with(conclusion: Conclusion, attacks: Sequence[JudgedAttack]) -> list[JudgedAttack]:
    return [one for one in attacks if one.judgement and one.judgement.conclusion is conclusion]


def _answer(
    attacks: Sequence[JudgedAttack], kind: Kind, margin: float, coverage: str | None
) -> str:
    strongest: list[JudgedAttack] = []
    match worst(attacks):
        case Conclusion.LEAKS as conclusion:
            verdict, strongest = "leaks", _with(conclusion, attacks)
        case Conclusion.UNDECIDED as conclusion:
            strongest = _with(conclusion, attacks)
            verdict = f"undecided{_lacking(strongest, kind)}"
        case Conclusion.CHANCE as conclusion:
            strongest = _with(conclusion, attacks)
            points = "point" if margin == 0.01 else "points"
            verdict = f"no attack exceeds chance by more than {100 * margin:g} {points}"
        case _:
            verdict = "no attack gives evidence"
    # In the same sentence as the verdict, so that neither is read without the other.
    for reason, titles in _not_run(attacks).items():
        verdict += f"; {listed(titles)} did not run: {reason}"
    if coverage:
        verdict += f"; {coverage}"
    said = [verdict, *([_strongest(strongest)] if strongest else [])]
    said += [
        f"{_sentence_case(one.run.title)} is not evidence: it succeeds on fewer than half of the "
        "originals"
        for one in _with(Conclusion.FAILS, attacks)
    ]
    said += [
        f"{_sentence_case(one.run.title)} is not evidence: it did not run on the originals"
        for one in attacks
        if one.run.success and one.originals is None
    ]
    return ". ".join(said)


def _lacking(undecided: Sequence[JudgedAttack], kind: Kind) -> str:
    """Number of attacked faces or plates, and how many would decide, if more would help.

    Several pictures of one face count once: they are not independent.
    """
    short = [
        (one.judgement.needed, round(_deciding(one).independent))
        for one in undecided
        if one.judgement and (one.judgement.needed or 0) > _deciding(one).independent
    ]
    if not short:
        return ": success is too close to the margin"
    needed, n = max(short)
    are = "is" if n == 1 else "are"
    return f": {counted(n, kind.noun)} {are} too few; about {needed} are needed"


def _strongest(attacks: Sequence[JudgedAttack]) -> str:
    """The attack that exceeds chance the most, by the deciding measure."""
    return max((_deciding(one).value - _deciding(one).chance, _told(one)) for one in attacks)[1]


def _deciding(one: JudgedAttack) -> Rate:
    assert one.run.success and one.judgement
    return one.run.success.rates[one.judgement.measure]


def _told(one: JudgedAttack) -> str:
    """The deciding measure, and the most intuitive one."""
    assert one.judgement and one.originals and one.run.success
    told = []
    for measure in dict.fromkeys((one.judgement.measure, headline(one.run.success))):
        if measure is not None:
            rate, before = one.run.success.rates[measure], one.originals.rates.get(measure)
            on_originals = f", originals {shown(measure, before.value)}" if before else ""
            told.append(
                f"{name_of(measure)} of {with_interval(measure, rate)}, "
                f"chance {shown(measure, rate.chance)}{on_originals}"
            )
    return f"Strongest attack: {one.run.title}, n = {_deciding(one).n}: {'; '.join(told)}"


def _not_run(attacks: Sequence[JudgedAttack]) -> dict[str, list[str]]:
    """Titles of the attacks that did not run, by reason."""
    found: dict[str, list[str]] = {}
    for one in attacks:
        if one.run.reason:
            found.setdefault(one.run.reason, []).append(one.run.title)
    return found


def broken(attacks: Sequence[JudgedAttack], limits: Mapping[str, float]) -> list[str]:
    """Limits that a variant exceeds, or is not shown to keep, one sentence each.

    A limit is kept if the upper end of the interval is at most the limit. A limit that no attack on
    a variant measured is not kept, unless the variant drops everything that could be attacked. This
    holds separately for faces and license plates, which may not occur.
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
            start = f"{variant}: {name_of(measure)}"
            unit = f"{limit:g}" if measure == "auc" else f"{100 * limit:g} %"
            bound = f"its limit of {unit}"
            unknown = _not_measured(measure, own)
            if unknown is not None:
                of = f" of {listed([kind.plural for kind in unknown])}" if unknown else ""
                found.append(f"{start}{of} was not measured, so {bound} is not shown to be kept")
            above = [(title, rate) for title, rate in rates if rate.value > limit]
            perhaps = [(title, rate) for title, rate in rates if rate.value <= limit < rate.high]
            if above:
                found.append(f"{start} exceeds {bound}: {_ends(measure, above)}")
            if perhaps:
                found.append(
                    f"{start} may exceed {bound}: {_ends(measure, perhaps)}"
                    f"{_too_few(measure, limit, [rate for _, rate in perhaps])}"
                )
    return found


def _not_measured(measure: str, attacks: Sequence[JudgedAttack]) -> list[Kind] | None:
    """Kinds for which no attack on a variant has measured a limited measure.

    None if there is no such kind; empty if no attack is designed to measure it.
    """
    made_to = [one for one in attacks if measure in one.run.measures]
    measured, unknown, without = [], [], []
    for kind in dict.fromkeys(one.run.kind for one in made_to):
        own = [one for one in made_to if one.run.kind is kind]
        if any(_knows(measure, one) for one in own):
            measured.append(kind)
        elif all(one.run.reason == none_large_enough(kind) for one in own):
            without.append(kind)
        else:
            unknown.append(kind)
    if unknown or measured:
        return unknown or None
    return without


def _knows(measure: str, attack: JudgedAttack) -> bool:
    """Whether an attack has measured it, or the variant drops everything that could be measured."""
    rates = attack.run.success.rates if attack.run.success else {}
    before = attack.originals.rates if attack.originals else {}
    return measure in rates or (attack.run.reason == NOTHING_LEFT and measure in before)


def _ends(measure: str, rates: Sequence[tuple[str, Rate]]) -> str:
    return ", ".join(
        f"{title} {shown(measure, rate.value)}, up to {shown(measure, rate.high)} (n = {rate.n})"
        for title, rate in rates
    )


def _too_few(measure: str, limit: float, rates: Sequence[Rate]) -> str:
    """Number of trials that a limit requires if none succeeds, if there are fewer."""
    if limit <= 0:
        return ". No number of people or plates is enough to show a limit of 0"
    if measure == "auc" or limit >= 1:
        return ""
    fewest = math.ceil(
        math.log(0.025) / math.log1p(-limit)
    )  # Clopper-Pearson interval with zero successes
    if min(rate.independent for rate in rates) >= fewest:
        return ""
    return f". This limit needs at least {fewest} people or plates, even if no attack succeeds"


def name_of(measure: str) -> str:
    """Standard name of a measure."""
    return MEASURES[measure][0] if measure in MEASURES else measure


def shown(measure: str, value: float) -> str:
    """Formatted value of a measure: a share in percent, an AUC as a number."""
    return f"{value:.3f}" if measure == "auc" else percent(value)


def with_interval(measure: str, rate: Rate) -> str:
    """Formatted rate with its 95 % interval."""
    if measure == "auc":
        return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f})"
    return f"{percent(rate.value)} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


def percent(share: float) -> str:
    """Formatted share of 1."""
    return f"{100 * share:.1f} %"


def listed(names: Sequence[str]) -> str:
    """Names joined for a sentence."""
    return ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
