"""Attacks mapped to the criteria of opinions and standards on anonymization."""

from collections.abc import Iterator, Sequence

from identity_attacks.linking import linkage

from workflow_scripts.contracts.attacks import JudgedAttack
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy.judging import worst

TESTS = (
    (
        "Singling out",
        "Can one person or vehicle be picked out in the data?",
        (
            *("recognition", "informed_recognition", "trained_attacker", "restoration"),
            *("plate_reading", "plate_matching"),
        ),
    ),
    ("Linkability", "Can two records be linked to one person?", ("linking",)),
    ("Inference", "Can something about a person be deduced?", ("membership",)),
)
"""The three tests of Opinion 05/2014 on anonymisation techniques (WP 216) of the Article 29 Working
Party, and the attacks relevant to each."""
STANDARDS = (
    (
        "ISO/IEC 27559, context",
        "who gets the data, and what else they have",
        "unknown here: the attacker described above is assumed",
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
        "who is responsible, and until when",
        "not covered by software",
    ),
    (
        "GB/T 44464-2024, annex",
        "tests of the anonymization of faces and plates in vehicle data",
        "the share of regions changed, found again, recognised and read is measured; the "
        "standard's own samples and limits are not reproduced",
    ),
)


def tests_of_anonymity(content: PrivacyTables) -> Iterator[tuple[str, str, str, str]]:
    """Each test with its question, the relevant attacks, and their conclusions."""
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
    """The worst conclusion per variant."""
    for variant in dict.fromkeys(one.variant for one in ran):
        if conclusion := worst([one for one in ran if one.variant == variant]):
            yield f"{variant}: {conclusion}"


def linkages(attacks: Sequence[JudgedAttack]) -> Iterator[str]:
    """Conclusion from linking for each variant, together with the recognition attacks."""
    for variant in dict.fromkeys(one.variant for one in attacks):
        own = [one for one in attacks if one.variant == variant and one.run.kind is Kind.FACE]
        judgements = {one.run.title: one.judgement for one in own if one.judgement}
        named = [found for title, found in judgements.items() if not title.startswith("linking")]
        for title, found in judgements.items():
            if title.startswith("linking"):
                yield f"{variant}, {title}: {linkage(found, named)}."
