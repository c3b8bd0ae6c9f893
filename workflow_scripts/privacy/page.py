"""The page for a data protection officer: what was attacked, how, and what remains."""

from collections.abc import Iterator, Sequence

from figures_and_tables.tables import TextTable, in_markdown
from identity_attacks.linking import linkage

from workflow_scripts.contracts.attacks import JudgedAttack
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PageSection, PrivacyTables
from workflow_scripts.privacy.judging import percent
from workflow_scripts.privacy.missed_table import CAPTION, text_tables

ATTACKER = (
    "The attacker has the handed-over images, knows where in them a face or a license plate was, "
    "and knows the method and its settings, but not its random numbers. For recognition the "
    "attacker has a gallery of the faces in all originals. For informed recognition and linking "
    "the attacker has another picture of each person: here, an original's surroundings with "
    "another position, size, light, noise and coding, which is easier to recognise than a "
    "photograph of another day."
)
TESTS = (
    (
        "Singling out",
        "Can one person be picked out in the data?",
        ("recognition", "informed_recognition", "trained_attacker", "restoration", "plate_reading"),
    ),
    ("Linkability", "Can two records be told to be of one person?", ("linking",)),
    ("Inference", "Can something about a person be deduced?", ()),
)
"""The three tests of Opinion 05/2014 on anonymisation techniques (WP 216) of the Article 29 Working
Party, and the attacks that speak to each."""
STANDARDS = (
    (
        "ISO/IEC 27559, context",
        "who gets the data, and what else they have",
        "not known here: the attacker above is assumed, whoever gets the data",
    ),
    (
        "ISO/IEC 27559, data",
        "what in the data identifies somebody",
        "faces and license plates; bodies, clothes, places, times and signs are not assessed",
    ),
    (
        "ISO/IEC 27559, identifiability",
        "how likely somebody is identified, against a threshold",
        "the attacks, with intervals, against the margin and the limits below",
    ),
    (
        "ISO/IEC 27559, governance",
        "who answers for it, and until when",
        "not covered by software",
    ),
    (
        "GB/T 44464-2024, annex",
        "tests of the anonymization of faces and plates in vehicle data",
        "the share of regions changed, found again, recognised and read is measured; the "
        "standard's own samples and limits are not reproduced",
    ),
)


def page_of(content: PrivacyTables) -> Iterator[PageSection]:
    """The page's sections, from the attacks and audits of all variants."""
    yield PageSection(
        title="Answer",
        paragraphs=content.answers or ("No attack was run (privacy.attacks is empty).",),
    )
    yield PageSection(
        title="What is protected",
        paragraphs=(
            "Faces and license plates that the detectors found in the training images. What they "
            "did not find was neither changed nor attacked; python -m workflow_scripts privacy "
            "review draws a sample that a person can check.",
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
    yield PageSection(
        title="What was missed",
        paragraphs=(*content.coverage, *([CAPTION] if content.missed else [])),
        table=next(text_tables(content.missed), None),
    )
    yield PageSection(title="The attacker", paragraphs=(ATTACKER,))
    yield PageSection(
        title="Attacks",
        paragraphs=tuple(_questions(content.attacks)),
        table=TextTable(
            title="Success by measure",
            columns=(
                "Variant",
                "Attack",
                "Measure",
                "Success",
                "Interval",
                "Chance",
                "On originals",
            ),
            rows=tuple(_rates(content.attacks)),
        ),
    )
    yield PageSection(title="Residual risks", paragraphs=tuple(_risks(content)))
    yield PageSection(title="Thresholds", paragraphs=tuple(_thresholds(content)))
    yield PageSection(
        title="The three tests of anonymity",
        paragraphs=(
            "Singling out, linkability and inference, as in Opinion 05/2014 (WP 216).",
            *_linkages(content.attacks),
        ),
        table=TextTable(
            title="Tests",
            columns=("Test", "Question", "Measured by"),
            rows=tuple(_tests(content.attacks)),
        ),
    )
    yield PageSection(
        title="Standards",
        paragraphs=(
            "From public descriptions of the standards. This page is no statement of conformity.",
        ),
        table=TextTable(title="Steps", columns=("Step", "Asks", "What is here"), rows=STANDARDS),
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


def _questions(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    asked = {one.run.title: one.run.question for one in attacks}
    for title, question in asked.items():
        yield f"{title.capitalize()}: can an attacker {question}?"
    reasons = {(one.run.title, one.variant): one.run.reason for one in attacks if one.run.reason}
    for (title, variant), reason in reasons.items():
        yield f"Not run: {title} on {variant}, because {reason}."


def _rates(attacks: Sequence[JudgedAttack]) -> Iterator[tuple[str, ...]]:
    for one in attacks:
        for measure, rate in (one.run.success.rates if one.run.success else {}).items():
            before = one.originals.rates.get(measure) if one.originals else None
            yield (
                one.variant,
                one.run.title,
                measure,
                f"{percent(rate.value)} of {rate.n}",
                f"{percent(rate.low)} to {percent(rate.high)}",
                percent(rate.chance),
                percent(before.value) if before else "–",
            )


def _risks(content: PrivacyTables) -> Iterator[str]:
    yield (
        "Bodies, hair, clothes, vehicles, places, times, and text other than license plates are as "
        "they were, and may identify somebody who is known to have been there."
    )
    small = {
        kind: max(one[kind].small for one in content.attacked.values() if kind in one)
        for kind in Kind
        if any(kind in one for one in content.attacked.values())
    }
    for kind, number in small.items():
        if number:
            yield f"{number} {kind.plural} were too small to be attacked, and are no evidence."
    for one in content.attacks:
        for reason, number in (one.run.success.left_out if one.run.success else {}).items():
            yield f"{one.variant}, {one.run.title}: {number} left out, {reason}."
        if one.run.success and (left := one.run.success.candidates):
            yield (
                f"{one.variant}, {one.run.title}: of {left.plates} plates something is read. "
                f"It fits {left.median:g} of {left.of} plates (median), in one case {left.fewest}."
            )
        for exposed in one.run.success.most_exposed[:1] if one.run.success else ():
            if exposed.found:
                yield (
                    f"{one.variant}, {one.run.title}: most exposed is region {exposed.region} in "
                    f"{exposed.image}."
                )
    yield from (f"{note}." for note in content.notes)


def _thresholds(content: PrivacyTables) -> Iterator[str]:
    yield (
        f"privacy.margin: {content.margin:g}. An attack counts as no better than chance if its "
        "success exceeds that of guessing by no more than this, with 95 % confidence. It is set in "
        "the config of the experiment."
    )
    if not content.limits:
        yield "privacy.limits: none are set, so that no result stops the workflow."
    for measure, limit in content.limits.items():
        yield f"privacy.limits.{measure}: {limit:g}, set in the config of the experiment."
    if content.limits:
        yield "Every limit is kept." if not content.broken else "Limits are not kept; see above."


def _tests(attacks: Sequence[JudgedAttack]) -> Iterator[tuple[str, str, str]]:
    for test, question, names in TESTS:
        ran = [
            one.run.title
            for one in attacks
            if one.run.success and one.run.title.partition(" (")[0].replace(" ", "_") in names
        ]
        yield test, question, ", ".join(dict.fromkeys(ran)) or "not measured"


def _linkages(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    """What linking says of each variant, together with the attacks that look for a name."""
    for variant in dict.fromkeys(one.variant for one in attacks):
        own = [one for one in attacks if one.variant == variant and one.run.kind is Kind.FACE]
        judgements = {one.run.title: one.judgement for one in own if one.judgement}
        named = [found for title, found in judgements.items() if not title.startswith("linking")]
        for title, found in judgements.items():
            if title.startswith("linking"):
                yield f"{variant}, {title}: {linkage(found, named)}."


def _origin(content: PrivacyTables) -> Iterator[tuple[str, str, str]]:
    for audit in content.audits:
        for what, name in (
            ("manifest_sha256", "SHA-256 of the manifest"),
            ("fingerprint", "audit"),
        ):
            if value := audit.made_with.get(what):
                yield audit.variant, name, str(value)
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
        if section.table is not None:
            parts.append(section.table.markdown())
    return "\n\n".join(parts) + "\n"
