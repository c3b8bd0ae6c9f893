"""`privacy table`: the table of audits and attacks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from figures_and_tables.tables import csv_of, in_markdown, latex_tables, markdown, write_formats
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_text
from plain_commands.section import validate
from plain_commands.texts import read_given
from region_review.sample import source_of

from workflow_scripts.common.cli import File, Files, NewFile, NewFolder, Settings, option
from workflow_scripts.common.handing_on import without_folders
from workflow_scripts.contracts.attacks import Attacks
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.memberships import MembershipLosses
from workflow_scripts.contracts.missed import Missed
from workflow_scripts.contracts.regions import Kind, read_regions
from workflow_scripts.contracts.reviews import Review
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.contracts.shard_arguments import Regions
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy import (
    attacks_table,
    donated,
    membership_table,
    missed_table,
    reviewed_table,
)
from workflow_scripts.privacy import table as audits_table
from workflow_scripts.privacy.judging import answer, broken, in_short, judged
from workflow_scripts.privacy.page import as_markdown, page_of
from workflow_scripts.privacy.settings import Privacy
from workflow_scripts.privacy.shortcomings import shortcomings


def table(
    *,
    settings: Settings[Privacy],
    audits: Files,
    attacks: Files = (),
    missed: File | None = None,
    membership: Files = (),
    review: File | None = None,
    regions: Regions = (),
    experiment: Annotated[str | None, option("NAME")] = None,
    variants: Annotated[str, option("JSON|FILE")] = "{}",
    weights: File | None = None,
    output: NewFolder,
    page: NewFile | None = None,
) -> None:
    """Combine the audits of all variants and the attacks on them, and judge them.

    It also reports the estimate of missed faces and plates, if there is one.

    Args:
        audits: privacy/{variant}.json, in the order of the rows.
        attacks: privacy/attacks/{variant}/success.json, starting with the originals.
        missed: privacy/missed/estimate.json, if a second detector was named.
        membership: privacy/membership/{variant}/seed~{seed}.json of every run, if membership is
            attacked.
        review: privacy/review/numbers.json, if a person has reviewed a sample.
        regions: detected PII regions of all shards, to check that the review was of these.
        experiment: name of the experiment.
        variants: settings of each variant's method by the variant's name.
        weights: weights/manifest.json, with the licences of donors of faces.
        output: folder for privacy.csv, .md, .tex and .json.
        page: Markdown file for the page for a data protection officer.

    Raises:
        UserError: a file is damaged, the review is of validation images, or the attacks are not on
            the originals and the variants.
    """
    found = tuple(Audit.read(path) for path in audits)
    tried = [Attacks.read(path) for path in attacks]
    _refuse_without_originals(tried)
    beside = judged(tried, settings.margin)
    looked_for = tuple(found[0].kinds) if found else ()
    reviewed = _read_review(review) if review else None
    is_current = reviewed is not None and _is_of(reviewed, regions)
    clauses = {kind: reviewed_table.clause(reviewed, is_current, kind) for kind in Kind}
    answers = [
        said
        for file in tried[1:]
        for said in answer(file.variant, beside, settings.margin, looked_for, clauses)
    ]
    estimate = Missed.read(missed) if missed else None
    coverage = (
        *missed_table.sentences(estimate, looked_for, is_reviewed=reviewed is not None),
        *reviewed_table.sentences(reviewed, is_current, looked_for),
    )
    exceeded = tuple(broken(beside, settings.limits))
    methods = validate(dict[str, dict[str, Any]], *read_given(variants, "--variants"))
    donors = tuple(donated.sentences(methods, weights))
    of_runs = membership_table.attacks_of(
        [MembershipLosses.read(path) for path in membership], methods
    )
    content = PrivacyTables(
        experiment=experiment,
        methods=without_folders(methods),
        audits=found,
        notes=(*exceeded, *shortcomings(found)),
        attacks=beside,
        attacked={file.variant: file.regions for file in tried[1:]},
        attacks_made_with={file.variant: file.made_with for file in tried},
        answers=tuple(answers),
        in_short=tuple(in_short(file.variant, beside, looked_for) for file in tried[1:]),
        missed=estimate,
        membership=tuple(membership_table.sentences(of_runs)),
        review=reviewed,
        review_is_current=is_current,
        coverage=coverage,
        margin=settings.margin,
        limits=settings.limits,
        broken=exceeded,
        donors=donors,
        caption=f"{attacks_table.CAPTION} " * bool(beside)
        + f"{membership_table.CAPTION} " * bool(of_runs)
        + f"{missed_table.CAPTION} " * bool(estimate)
        + f"{reviewed_table.CAPTION} " * bool(reviewed)
        + " ".join([audits_table.CAPTION, *donors]),
        layouts=(
            *attacks_table.text_tables(beside),
            *membership_table.text_tables(of_runs),
            *missed_table.text_tables(estimate),
            *reviewed_table.text_tables(reviewed),
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
                [
                    *attacks_table.rows_of(beside),
                    *membership_table.rows_of(of_runs),
                    *missed_table.rows_of(estimate),
                    *reviewed_table.rows_of(reviewed),
                ],
                found,
            )
        ),
        md="\n\n".join(
            [
                *map(in_markdown, content.said),
                markdown(content.layouts, content.caption, content.notes),
            ]
        ),
        tex=latex_tables(content.layouts, content.caption, "privacy"),
        json=content.as_json(),
    )
    for said in content.said:
        log.info("%s", said)
    for said in exceeded:
        log.warning("attention: %s", said)
    log.info("%s.{csv,md,tex,json}: %s", output / "privacy", counted(len(found), "variant"))


def _read_review(path: Path) -> Review:
    """A review of training images, which the audits cover."""
    review = Review.read(path)
    if review.split == "val":
        raise UserError(
            f"{path}: a review of validation images, which are not anonymized; review the training "
            "images, or move this file away"
        )
    return review


def _is_of(review: Review, regions: Sequence[Path]) -> bool:
    """Whether a review covers these regions."""
    return review.source == source_of([one.id for path in regions for one in read_regions(path)])


def _refuse_without_originals(attacks: Sequence[Attacks]) -> None:
    names = [file.variant for file in attacks]
    if names and names[0] != UNMODIFIED:
        raise UserError(
            f"--attacks: the first file has to be of the originals, {UNMODIFIED}; found {names[0]}"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(
            f"--attacks: {twice[0]} is listed twice; name the file of each variant once"
        )
