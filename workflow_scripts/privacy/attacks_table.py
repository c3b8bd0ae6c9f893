"""The attacks on all variants, as numbers and as text."""

from collections.abc import Iterator, Sequence

from figures_and_tables.tables import TextTable

from workflow_scripts.contracts.attacks import JudgedAttack, headline
from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.judging import name_of, shown, with_interval
from workflow_scripts.privacy.table import UNDEFINED, Row

CAPTION = (
    "Attacks: success by the measure that decided the conclusion, with its 95 % confidence "
    "interval; the success of guessing; and the success on the originals, which shows whether the "
    "attack works. A conclusion rests on all measures of an attack (privacy.csv, privacy.md). "
    "Regions too small for the attack are not counted."
)
COLUMNS = (
    *("Variant", "Attack", "Conclusion", "Measure", "Success (95 % interval)"),
    *("n", "Chance", "On originals"),
)


def rows_of(attacks: Sequence[JudgedAttack]) -> Iterator[Row]:
    """Rows of the long table: each rate, its interval, and the success of guessing."""
    for one in attacks:
        for where, success in (("", one.run.success), (":originals", one.originals)):
            for measure, rate in (success.rates if success else {}).items():
                name = f"{one.run.title}:{measure}{where}"
                parts = {"": rate.value, ":low": rate.low, ":high": rate.high}
                for part, value in (parts | {":chance": rate.chance}).items():
                    yield one.variant, one.run.kind.value, ALL_SIZES, name + part, value, rate.n


def text_tables(attacks: Sequence[JudgedAttack]) -> Iterator[TextTable]:
    """A table per attacked kind of region, with a row per variant and attack."""
    for kind in Kind:
        own = [one for one in attacks if one.run.kind is kind]
        if own:
            yield TextTable(
                title=f"Attacks on {kind.plural}",
                columns=COLUMNS,
                rows=tuple(_row(one) for one in own),
            )


def _row(one: JudgedAttack) -> tuple[str, ...]:
    measure = one.judgement.measure if one.judgement else headline(one.run.success)
    if one.run.success is None or measure is None:
        said = "did not run" if one.run.reason else UNDEFINED
        return one.variant, one.run.title, said, *(UNDEFINED,) * 5
    rate = one.run.success.rates[measure]
    before = one.originals.rates.get(measure) if one.originals else None
    return (
        one.variant,
        one.run.title,
        str(one.judgement.conclusion) if one.judgement else "not tried on the originals",
        name_of(measure),
        with_interval(measure, rate),
        str(rate.n),
        shown(measure, rate.chance),
        shown(measure, before.value) if before else UNDEFINED,
    )
