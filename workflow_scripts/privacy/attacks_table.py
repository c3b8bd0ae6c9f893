"""The attacks on all variants, as numbers and as text."""

from collections.abc import Iterator, Sequence

from figures_and_tables.tables import TextTable
from identity_attacks.rates import Rate

from workflow_scripts.contracts.attacks import JudgedAttack, headline
from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.judging import MEASURES, percent
from workflow_scripts.privacy.table import UNDEFINED, Row

CAPTION = (
    "Attacks: success by the measure that decided the conclusion, with its 95 % confidence "
    "interval; on the originals, which shows whether the attack works; and by guessing. The "
    "conclusion rests on all measures of an attack (privacy.csv). A region that is too small for "
    "the attack is neither a success nor a failure."
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
                columns=(
                    *("Variant", "Attack", "Conclusion", "Success"),
                    *("Measure", "On originals", "Chance"),
                ),
                rows=tuple(_row(one) for one in own),
            )


def _row(one: JudgedAttack) -> tuple[str, ...]:
    measure = one.judgement.measure if one.judgement else headline(one.run.success)
    if one.run.success is None or measure is None:
        said = f"did not run: {one.run.reason}" if one.run.reason else UNDEFINED
        return one.variant, one.run.title, said, *(UNDEFINED,) * 4
    rate = one.run.success.rates[measure]
    conclusion = str(one.judgement.conclusion) if one.judgement else "not tried on the originals"
    return (
        *(one.variant, one.run.title, conclusion, _cell(rate), MEASURES.get(measure, measure)),
        *(_cell(one.originals.rates.get(measure) if one.originals else None), percent(rate.chance)),
    )


def _cell(rate: Rate | None) -> str:
    if rate is None:
        return UNDEFINED
    return f"{percent(rate.value)} ({100 * rate.low:.1f} to {100 * rate.high:.1f}) of {rate.n}"
