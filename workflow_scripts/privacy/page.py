"""The page for a data protection officer: attacks, residual risks, next steps."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from figures_and_tables.tables import TextTable, in_markdown
from plain_commands.counts import counted

from workflow_scripts.contracts.attacks import JudgedAttack
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PageSection, PrivacyTables
from workflow_scripts.privacy import attacks_table, membership_table, missed_table, reviewed_table
from workflow_scripts.privacy.judging import (
    MEANINGS,
    MEASURES,
    listed,
    name_of,
    shown,
    with_interval,
)
from workflow_scripts.privacy.next_steps import next_steps
from workflow_scripts.privacy.standards import STANDARDS, linkages, tests_of_anonymity

ATTACKER = (
    "The attacker has the anonymized images, knows where in them a face or a license plate was, "
    "and knows the method and its settings, but not its random numbers. For recognition, the "
    "trained attacker and restoration, the attacker also has the faces of all originals. For "
    "informed recognition, plate matching and linking, the attacker has another picture of each "
    "face or plate, and can anonymize it in the same way.",
    "These other pictures are made from the originals, with another position, size, light, noise "
    "and coding, and other surroundings of a face. They are easier to recognise than a photograph "
    "of another day: pose and expression are the same.",
)


def page_of(content: PrivacyTables) -> Iterator[PageSection]:
    """Sections of the page, from the attacks and audits of all variants."""
    yield PageSection(title="Answer", paragraphs=tuple(_answers(content)))
    yield PageSection(title="What to do next", paragraphs=tuple(next_steps(content)))
    if content.methods:
        yield PageSection(
            title="Variants",
            paragraphs=(
                f"Experiment {content.experiment or '(no name)'}: methods and settings of its "
                "config, defaults included.",
                *content.donors,
            ),
            table=TextTable(
                title="Methods",
                columns=("Variant", "Method", "Settings"),
                rows=tuple(_methods(content)),
            ),
        )
    if content.attacks:
        yield PageSection(
            title="Attacks",
            paragraphs=(*_questions(content.attacks), *_meanings(content.attacks)),
            table=TextTable(
                title="Conclusions",
                columns=attacks_table.COLUMNS,
                rows=tuple(
                    row
                    for table in attacks_table.text_tables(content.attacks)
                    for row in table.rows
                ),
            ),
        )
        yield PageSection(title="The attacker", paragraphs=ATTACKER)
    yield PageSection(
        title="What was attacked",
        paragraphs=(
            f"Faces and license plates that the detectors found{_in_images(content)}. What they "
            "did not find was neither changed nor attacked. Each counts as a separate person or "
            "vehicle: a person in several images counts several times.",
        ),
        table=TextTable(
            title="Regions",
            columns=(
                *("Variant", "Kind", "Found", "In dropped images", "Unchanged"),
                *("Attacked", "Too small", "Not drawn"),
            ),
            rows=tuple(_assets(content)),
        ),
    )
    if content.membership:
        yield PageSection(
            title="Membership",
            paragraphs=(*map(_sentence, content.membership), membership_table.CAPTION),
            table=next(one for one in content.layouts if one.title == membership_table.TITLE),
        )
    yield PageSection(
        title="What was missed",
        paragraphs=(
            *map(_sentence, content.coverage),
            *([missed_table.CAPTION] if content.missed else []),
        ),
        table=next(missed_table.text_tables(content.missed), None),
    )
    if content.review:
        yield PageSection(
            title="What a person reviewed",
            paragraphs=(reviewed_table.CAPTION,),
            table=next(reviewed_table.text_tables(content.review)),
        )
    yield PageSection(
        title="Residual risks",
        paragraphs=tuple(_risks(content)),
        table=TextTable(
            title="Most exposed",
            columns=("Variant", "Attack", "Image", "Region"),
            rows=tuple(_most_exposed(content.attacks)),
        ),
    )
    yield PageSection(title="Thresholds", paragraphs=tuple(_thresholds(content)))
    yield PageSection(
        title="The three tests of anonymity",
        paragraphs=(
            "Singling out, linkability and inference, as in Opinion 05/2014 (WP 216).",
            *linkages(content.attacks),
        ),
        table=TextTable(
            title="Tests",
            columns=("Test", "Question", "Measured by", "Result"),
            rows=tuple(tests_of_anonymity(content)),
        ),
    )
    yield PageSection(
        title="Standards",
        paragraphs=(
            "Based on public descriptions of the standards. This page is not a statement of "
            "conformity.",
        ),
        table=TextTable(title="Steps", columns=("Step", "Asks", "What is here"), rows=STANDARDS),
    )
    if rates := tuple(_rates(content.attacks)):
        yield PageSection(
            title="All measures",
            paragraphs=tuple(_definitions(content.attacks)),
            table=TextTable(
                title="Success by measure",
                columns=tuple(one for one in attacks_table.COLUMNS if one != "Conclusion"),
                rows=rates,
            ),
        )
    yield PageSection(
        title="Origin",
        paragraphs=("Everything above was computed from these inputs.",),
        table=TextTable(
            title="Inputs",
            columns=("Variant", "What", "Fingerprint or SHA-256"),
            rows=tuple(_origin(content)),
        ),
    )


def _answers(content: PrivacyTables) -> Iterator[str]:
    yield from map(_sentence, content.answers or ("No attack was run (privacy.attacks is empty)",))
    if content.broken:
        yield "Not all limits are shown to be kept: see Thresholds."
    elif content.limits:
        yield "Every limit is kept."


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _in_images(content: PrivacyTables) -> str:
    numbers = {audit.images.n + audit.images.dropped for audit in content.audits}
    return f" in {counted(numbers.pop(), 'image')}" if len(numbers) == 1 else ""


def _assets(content: PrivacyTables) -> Iterator[tuple[str, ...]]:
    for audit in content.audits:
        for kind in audit.kinds:
            block = audit.of(kind)
            tried = content.attacked.get(audit.variant, {}).get(kind)
            counts = ("–",) * 3
            if tried is not None:
                left = tried.attacked - tried.dropped
                counts = str(left), str(tried.small), str(tried.not_drawn)
            found = str(block.regions + block.dropped), str(block.dropped), str(block.unchanged.n)
            yield audit.variant, kind.plural, *found, *counts


def _methods(content: PrivacyTables) -> Iterator[tuple[str, str, str]]:
    for variant in (audit.variant for audit in content.audits if audit.variant in content.methods):
        settings = content.methods[variant]
        shown = settings.keys() - {"method", "seed"}
        others = [f"{key}: {_plain(settings[key])}" for key in settings if key in shown]
        yield variant, str(settings.get("method")), ", ".join(others) or "–"


def _plain(value: Any) -> str:
    """A setting as in YAML, on one line."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _questions(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    asked = {one.run.title: one.run.question for one in attacks}
    for title, question in asked.items():
        yield f"{title.capitalize()}: can an attacker {question}?"
    variants: dict[tuple[str, str], list[str]] = {}
    for one in attacks:
        if one.run.reason:
            variants.setdefault((one.run.title, one.run.reason), []).append(one.variant)
    titles: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (title, reason), names in variants.items():
        titles.setdefault((reason, tuple(names)), []).append(title)
    for (reason, where), ran_not in titles.items():
        yield f"Not run: {listed(ran_not)} on {listed(where)}, because {reason}."


def _meanings(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    reached = {one.judgement.conclusion for one in attacks if one.judgement}
    for conclusion, meaning in MEANINGS.items():
        if conclusion in reached:
            yield f"{str(conclusion).capitalize()}: {meaning}"


def _definitions(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    measured = {name for one in attacks if one.run.success for name in one.run.success.rates}
    for measure, (name, definition) in MEASURES.items():
        if measure in measured:
            yield f"{name[:1].upper() + name[1:]}: {definition}."


def _rates(attacks: Sequence[JudgedAttack]) -> Iterator[tuple[str, ...]]:
    for one in attacks:
        for measure, rate in (one.run.success.rates if one.run.success else {}).items():
            before = one.originals.rates.get(measure) if one.originals else None
            yield (
                one.variant,
                one.run.title,
                name_of(measure),
                with_interval(measure, rate),
                str(rate.n),
                shown(measure, rate.chance),
                shown(measure, before.value) if before else "–",
            )


def _risks(content: PrivacyTables) -> Iterator[str]:
    yield (
        "Bodies, hair, clothes, vehicles, places, times, and text other than license plates are "
        "unchanged, and may identify somebody who is known to have been there."
    )
    small = {
        kind: max(one[kind].small for one in content.attacked.values() if kind in one)
        for kind in Kind
        if any(kind in one for one in content.attacked.values())
    }
    for kind, number in small.items():
        if number:
            yield f"Too small to be attacked, protection unknown: {counted(number, kind.noun)}."
    left_out: dict[tuple[str, str, int], list[str]] = {}
    for one in content.attacks:
        for reason, number in (one.run.success.left_out if one.run.success else {}).items():
            left_out.setdefault((one.run.title, reason, number), []).append(one.variant)
    for (title, reason, number), variants in left_out.items():
        yield f"{listed(variants)}, {title}: {number} left out, {reason}."
    for one in content.attacks:
        if one.run.success and (left := one.run.success.candidates):
            plates, of = counted(left.plates, "plate"), counted(left.of, "plate")
            yield (
                f"{one.variant}, {one.run.title}: something is read on {plates}. "
                f"It fits {left.median:g} of {of} (median), in one case {left.fewest}."
            )
    yield from (_sentence(note) for note in content.notes if note not in content.broken)


def _most_exposed(attacks: Sequence[JudgedAttack]) -> Iterator[tuple[str, str, str, str]]:
    """The region that each attack came closest to among its successes."""
    for one in attacks:
        for exposed in one.run.success.most_exposed[:1] if one.run.success else ():
            if exposed.found:
                yield one.variant, one.run.title, exposed.image, exposed.region


def _thresholds(content: PrivacyTables) -> Iterator[str]:
    yield (
        f"privacy.margin: {content.margin:g}. An attack counts as no better than chance if its "
        "success exceeds that of guessing by no more than this, with 95 % confidence. It is set in "
        "the config of the experiment."
    )
    if not content.limits:
        yield "privacy.limits: none are set, so no result stops the workflow."
    for measure, limit in content.limits.items():
        yield (
            f"privacy.limits.{measure}: {limit:g}, set in the config of the experiment. It is kept "
            "if the upper end of the 95 % interval is at most this."
        )
    if content.limits and not content.broken:
        yield "Every limit is kept."
    yield from map(_sentence, content.broken)


def _origin(content: PrivacyTables) -> Iterator[tuple[str, str, str]]:
    for audit in content.audits:
        for what, name in (
            ("manifest_sha256", "SHA-256 of the manifest"),
            ("fingerprint", "audit"),
        ):
            if value := audit.made_with.get(what):
                yield audit.variant, name, str(value)
    if content.review:
        yield "–", "sample of the review", content.review.sample
    for variant, made_with in content.attacks_made_with.items():
        yield variant, "attacks", str(made_with.get("fingerprint"))
        for attack in made_with.get("settings", {}).get("attacks", ()):
            if weights := attack.get("weights"):
                yield variant, f"weights of {attack['recognizer']}", str(weights["sha256"])


def as_markdown(sections: Sequence[PageSection]) -> str:
    """The page as Markdown."""
    parts = ["# Privacy of the anonymized images"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += [in_markdown(text) for text in section.paragraphs]
        if section.table is not None and section.table.rows:
            parts.append(section.table.markdown())
    return "\n\n".join(parts) + "\n"
