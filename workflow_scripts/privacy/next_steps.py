"""Next steps for the reader of the page."""

from collections.abc import Iterator

from identity_attacks.rates import Conclusion

from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy.judging import listed


def next_steps(content: PrivacyTables) -> Iterator[str]:
    """Sentences in order of urgency; the last is on what no attack can measure."""
    by_conclusion: dict[Conclusion, dict[str, None]] = {}
    for one in content.attacks:
        if one.judgement:
            where = f"{one.variant} ({one.run.kind.plural})"
            by_conclusion.setdefault(one.judgement.conclusion, {})[where] = None
    if leaking := list(by_conclusion.get(Conclusion.LEAKS, ())):
        yield (
            f"{listed(leaking)}: use a stronger setting or another method, and run the attacks "
            "again. docs/attacks.md shows what each method left on photographs."
        )
    undecided = [
        where for where in by_conclusion.get(Conclusion.UNDECIDED, ()) if where not in leaking
    ]
    if undecided:
        drawn = any(one.not_drawn for kinds in content.attacked.values() for one in kinds.values())
        more = "raise privacy.regions, as not all regions were drawn" if drawn else "add images"
        yield f"{listed(undecided)}: too little evidence; {more}, and run the attacks again."
    evident = (Conclusion.LEAKS, Conclusion.UNDECIDED, Conclusion.CHANCE)
    judged = {where for one in evident for where in by_conclusion.get(one, ())}
    attacked = dict.fromkeys(f"{one.variant} ({one.run.kind.plural})" for one in content.attacks)
    if unknown := [where for where in attacked if where not in judged]:
        yield f"{listed(unknown)}: no attack gives evidence; see Attacks for the reason."
    if content.broken:
        yield "Do not share a variant that is not shown to keep its limits (see Thresholds)."
    if any(audit.metadata.n or audit.outside.n for audit in content.audits if not audit.originals):
        yield "Check the findings of the audit under Residual risks."
    if content.missed is None and content.review is None:
        yield (
            "Name a second detector (privacy.second_detection) to estimate how many faces and "
            "plates were missed."
        )
    if content.review is None or not content.review_is_current:
        yield (
            f"Have a person review a random sample of the images{_again(content)}, which bounds "
            "what was missed: python -m workflow_scripts privacy review (docs/review.md)."
        )
    yield (
        "Judge what no attack measures: who receives the images, what else they know, and the "
        "residual risks below."
    )


def _again(content: PrivacyTables) -> str:
    return " with the current regions" if content.review else ""
