"""`privacy table`: the audits of all variants, and the attacks on them."""

from collections.abc import Sequence

from figures_and_tables.tables import csv_of, in_markdown, latex_tables, markdown, write_formats
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.common.cli import File, Files, Folder, Settings
from workflow_scripts.contracts.attacks import Attacks
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.missed import Missed
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy import attacks_table, missed_table
from workflow_scripts.privacy import table as audits_table
from workflow_scripts.privacy.judging import answer, broken, judged
from workflow_scripts.privacy.page import as_markdown, page_of
from workflow_scripts.privacy.settings import Privacy


def table(
    *,
    settings: Settings[Privacy],
    audits: Files,
    attacks: Files = (),
    missed: File | None = None,
    output: Folder,
    page: File | None = None,
) -> None:
    """Bring the audits of all variants, and the attacks on them, together and judge them.

    It also says how many faces and plates were missed, where that was estimated.

    Args:
        audits: privacy/{variant}.json, in the order of the rows.
        attacks: privacy/attacks/{variant}/success.json, that of the originals first.
        missed: privacy/missed/estimate.json, if a second detector was named.
        output: folder for privacy.csv, .md, .tex and .json.
        page: Markdown file for the page that a data protection officer reads.

    Raises:
        UserError: a file is damaged, or the attacks are not those on the originals and on variants.
    """
    found = tuple(Audit.read(path) for path in audits)
    tried = [Attacks.read(path) for path in attacks]
    _refuse_without_originals(tried)
    beside = judged(tried, settings.margin)
    variants = [file.variant for file in tried[1:]]
    looked_for = tuple(found[0].kinds) if found else ()
    answers = [
        said for name in variants for said in answer(name, beside, settings.margin, looked_for)
    ]
    estimate = Missed.read(missed) if missed else None
    coverage = tuple(missed_table.sentences(estimate, looked_for))
    exceeded = tuple(broken(beside, settings.limits))
    content = PrivacyTables(
        audits=found,
        notes=(*exceeded, *audits_table.shortcomings(found)),
        attacks=beside,
        attacked={file.variant: file.regions for file in tried[1:]},
        attacks_made_with={file.variant: file.made_with for file in tried},
        answers=tuple(answers),
        missed=estimate,
        coverage=coverage,
        margin=settings.margin,
        limits=settings.limits,
        broken=exceeded,
        caption=f"{attacks_table.CAPTION} " * bool(beside)
        + f"{missed_table.CAPTION} " * bool(estimate)
        + audits_table.CAPTION,
        layouts=(
            *attacks_table.text_tables(beside),
            *missed_table.text_tables(estimate),
            *audits_table.text_tables(found),
        ),
    )
    content = content.model_copy(update={"page": tuple(page_of(content))})
    if page:
        write_text(page, as_markdown(content.page))
    write_formats(
        output,
        "privacy",
        csv=csv_of(
            audits_table.long_table(
                [*attacks_table.rows_of(beside), *missed_table.rows_of(estimate)], found
            )
        ),
        md="\n\n".join(
            [
                *map(in_markdown, (*content.answers, *content.coverage)),
                markdown(content.layouts, content.caption, content.notes),
            ]
        ),
        tex=latex_tables(content.layouts, content.caption, "privacy"),
        json=content.as_json(),
    )
    for said in (*content.answers, *content.coverage):
        log.info("%s", said)
    for said in exceeded:
        log.warning("attention: %s", said)
    log.info("%s.{csv,md,tex,json}: %d variants", output / "privacy", len(found))


def _refuse_without_originals(attacks: Sequence[Attacks]) -> None:
    names = [file.variant for file in attacks]
    if names and names[0] != UNMODIFIED:
        raise UserError(
            f"--attacks: the first file has to be that of the originals, {UNMODIFIED}; found that "
            f"of {names[0]}"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"--attacks: {twice[0]} is there twice; name the file of each variant once")
