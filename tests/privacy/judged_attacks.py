"""Attacks with a known success and conclusion."""

from identity_attacks.rates import Conclusion, Judgement, Rate, Success

from workflow_scripts.contracts.attacks import AttackRun, JudgedAttack
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import RETRIEVAL
from workflow_scripts.privacy.attacks.plate_reading import PlateReading


def rate(value: float, chance: float = 0.01, n: int = 100) -> Rate:
    return Rate(value, max(value - 0.05, 0), min(value + 0.05, 1), n, chance, n)


def one(conclusion: Conclusion | None = None, value: float = 0.0, **more) -> JudgedAttack:
    """An attack on variant v."""
    title, kind = more.pop("title", "recognition (dlib)"), more.pop("kind", Kind.FACE)
    measure = "rank_1" if kind is Kind.FACE else "read_whole"
    reason = more.pop("reason", "the module dlib is not installed")
    success = None if conclusion is None else Success({measure: rate(value)}, **more)
    judgement = conclusion and Judgement(conclusion, measure, needed=400)
    measures = RETRIEVAL if kind is Kind.FACE else PlateReading.measures
    said = AttackRun(
        title=title,
        kind=kind,
        question="ask",
        measures=measures,
        success=success,
        reason=None if conclusion else reason,
    )
    originals = Success({measure: rate(0.9)})
    return JudgedAttack(variant="v", run=said, originals=originals, judgement=judgement)
