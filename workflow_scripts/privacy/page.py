"""The page for a data protection officer: what was attacked, how, what remains, what to do next."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from figures_and_tables.tables import TextTable, in_markdown
from identity_attacks.linking import linkage
from identity_attacks.rates import Conclusion

from workflow_scripts.contracts.attacks import JudgedAttack
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PageSection, PrivacyTables
from workflow_scripts.privacy import attacks_table, membership_table, missed_table, reviewed_table
from workflow_scripts.privacy.judging import MEASURES, listed, name_of, shown, with_interval

MEANINGS = {
    Conclusion.LEAKS: "at least one measure is higher than guessing explains (level 5 %, corrected "
    "for the number of measures and attacks). Something of the identity is left, even if few can "
    "be named.",
    Conclusion.UNDECIDED: "neither a leak nor its absence is shown: too few were attacked, or the "
    "success is near the margin. This is no evidence of protection.",
    Conclusion.CHANCE: "success exceeds guessing by no more than the margin, with 95 % confidence. "
    "It holds for this attack and these images; a better attack may succeed.",
    Conclusion.FAILS: "the attack succeeds on fewer than half of the originals. Its failure on "
    "anonymized images is no evidence.",
}
"""What each conclusion says to a reader, the worst first."""
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
TESTS = (
    (
        "Singling out",
        "Can one person or vehicle be picked out in the data?",
        (
            *("recognition", "informed_recognition", "trained_attacker", "restoration"),
            *("plate_reading", "plate_matching"),
        ),
    ),
    ("Linkability", "Can two records be told to be of one person?", ("linking",)),
    ("Inference", "Can something about a person be deduced?", ("membership",)),
)
"""The three tests of Opinion 05/2014 on anonymisation techniques (WP 216) of the Article 29 Working
Party, and the attacks that speak to each."""
NEXT_STEPS = "What to do next"
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
    yield PageSection(title="Answer", paragraphs=tuple(_answers(content)))
    yield PageSection(title=NEXT_STEPS, paragraphs=tuple(_next_steps(content)))
    if content.methods:
        yield PageSection(
            title="Variants",
            paragraphs=(
                f"Experiment {content.experiment or '(no name)'}: methods and settings of its "
                "config, defaults included.",
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
            "did not find was neither changed nor attacked. Each counts as a person or a vehicle "
            "of its own: whoever is in several images counts several times.",
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
            *_linkages(content.attacks),
        ),
        table=TextTable(
            title="Tests",
            columns=("Test", "Question", "Measured by", "Result"),
            rows=tuple(_tests(content)),
        ),
    )
    yield PageSection(
        title="Standards",
        paragraphs=(
            "From public descriptions of the standards. This page is no statement of conformity.",
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


def _next_steps(content: PrivacyTables) -> Iterator[str]:
    """What a reader can do about each finding."""
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
        yield f"{listed(unknown)}: no attack gives evidence; see under Attacks why."
    if content.broken:
        yield "Hand out no variant that is not shown to keep its limits (see Thresholds)."
    if any(audit.metadata.n or audit.outside.n for audit in content.audits if not audit.originals):
        yield "Look into the findings of the audit under Residual risks."
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
    return " with the regions that are found now" if content.review else ""


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _in_images(content: PrivacyTables) -> str:
    numbers = {audit.images.n + audit.images.dropped for audit in content.audits}
    return f" in the {numbers.pop()} images" if len(numbers) == 1 else ""


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
            yield (
                f"{number} {kind.plural} were too small to be attacked: nothing is known of how "
                "well they are protected."
            )
    left_out: dict[tuple[str, str, int], list[str]] = {}
    for one in content.attacks:
        for reason, number in (one.run.success.left_out if one.run.success else {}).items():
            left_out.setdefault((one.run.title, reason, number), []).append(one.variant)
    for (title, reason, number), variants in left_out.items():
        yield f"{listed(variants)}, {title}: {number} left out, {reason}."
    for one in content.attacks:
        if one.run.success and (left := one.run.success.candidates):
            yield (
                f"{one.variant}, {one.run.title}: of {left.plates} plates something is read. "
                f"It fits {left.median:g} of {left.of} plates (median), in one case {left.fewest}."
            )
    yield from (_sentence(note) for note in content.notes if note not in content.broken)


def _most_exposed(attacks: Sequence[JudgedAttack]) -> Iterator[tuple[str, str, str, str]]:
    """The region that each attack came closest to, of those that it succeeded on."""
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
        yield "privacy.limits: none are set, so that no result stops the workflow."
    for measure, limit in content.limits.items():
        yield (
            f"privacy.limits.{measure}: {limit:g}, set in the config of the experiment. It is kept "
            "if the upper end of the 95 % interval is at most this."
        )
    if content.limits and not content.broken:
        yield "Every limit is kept."
    yield from map(_sentence, content.broken)


def _tests(content: PrivacyTables) -> Iterator[tuple[str, str, str, str]]:
    for test, question, names in TESTS:
        if "membership" in names and content.membership:
            yield test, question, "membership", "see Membership; traits are not inferred"
            continue
        ran = [
            one
            for one in content.attacks
            if one.run.success and one.run.title.partition(" (")[0].replace(" ", "_") in names
        ]
        titles = ", ".join(dict.fromkeys(one.run.title for one in ran))
        yield test, question, titles or "not measured", "; ".join(_results(ran)) or "not measured"


def _results(ran: Sequence[JudgedAttack]) -> Iterator[str]:
    """The worst conclusion on each variant."""
    for variant in dict.fromkeys(one.variant for one in ran):
        own = {one.judgement.conclusion for one in ran if one.variant == variant and one.judgement}
        if worst := next((one for one in MEANINGS if one in own), None):
            yield f"{variant}: {worst}"


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
