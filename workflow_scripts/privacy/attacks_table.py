"""The attacks on all variants, as numbers and as text."""

from collections.abc import Iterator, Sequence

from figures_and_tables.tables import TextTable
from identity_attacks.rates import Rate, Success

from workflow_scripts.contracts.attacks import HEADLINE, JudgedAttack
from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.judging import percent
from workflow_scripts.privacy.table import UNDEFINED, Row

HEADS = {Kind.FACE: "Named at the first guess", Kind.LICENSE_PLATE: "Read whole"}
CAPTION = (
    "Attacks: share of the attacked regions, with its 95 % confidence interval; on the originals, "
    "which shows whether the attack works; and by guessing. The conclusion rests on all measures "
    "of an attack (privacy.csv). A region that is too small for the attack is neither a success "
    "nor a failure."
)


def rows_of(attacks: Sequence[JudgedAttack]) -> Iterator[Row]:
    """Rows of the long table: each rate, its interval, and what guessing gives."""
    for one in attacks:
        for where, success in (("", one.run.success), (":originals", one.originals)):
            for measure, rate in (success.rates if success else {}).items():
                name = f"{one.run.title}:{measure}{where}"
                parts = {"": rate.value, ":low": rate.low, ":high": rate.high}
                for part, value in (parts | {":chance": rate.chance}).items():
                    yield one.variant, one.run.kind.value, ALL_SIZES, name + part, value, rate.n


def text_tables(attacks: Sequence[JudgedAttack]) -> Iterator[TextTable]:
    """A table for each kind of region that was attacked, a row for each variant and attack."""
    for kind in Kind:
        own = [one for one in attacks if one.run.kind is kind]
        if own:
            yield TextTable(
                title=f"Attacks on {kind.plural}",
                columns=("Variant", "Attack", "Conclusion", HEADS[kind], "On originals", "Chance"),
                rows=tuple(_row(one) for one in own),
            )


def _row(one: JudgedAttack) -> tuple[str, ...]:
    kind = one.run.kind
    rate, before = _headline(one.run.success, kind), _headline(one.originals, kind)
    conclusion = f"did not run: {one.run.reason}"
    if one.judgement:
        conclusion = str(one.judgement.conclusion)
    elif one.run.success:
        conclusion = "not tried on the originals"
    chance = UNDEFINED if rate is None else percent(rate.chance)
    return one.variant, one.run.title, conclusion, _cell(rate), _cell(before), chance


def _headline(success: Success | None, kind: Kind) -> Rate | None:
    return success.rates.get(HEADLINE[kind]) if success else None


def _cell(rate: Rate | None) -> str:
    if rate is None:
        return UNDEFINED
    return f"{percent(rate.value)} ({100 * rate.low:.1f} to {100 * rate.high:.1f}) of {rate.n}"
