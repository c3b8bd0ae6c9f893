"""The page for a data protection officer."""

import re

from identity_attacks.rates import Conclusion, ExposedRegion

from tests.privacy.judged_attacks import one
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy.page import as_markdown, page_of


def test_the_officers_page_says_what_to_do_where_no_attack_ran():
    attacks = (
        one(),
        one(title="linking (dlib)"),
        one(kind=Kind.LICENSE_PLATE, title="plate reading"),
    )
    content = PrivacyTables(caption="", layouts=(), audits=(), notes=(), attacks=attacks)
    said = as_markdown(tuple(page_of(content)))
    assert "v (faces) and v (license plates): no attack gives evidence; see Attacks" in said
    assert (
        "Not run: recognition (dlib), linking (dlib) and plate reading on v, because the module "
        "dlib is not installed." in said
    )


def test_the_officers_page_has_no_section_without_content():
    content = PrivacyTables(caption="", layouts=(), audits=(), notes=(), attacks=(one(),))
    said = as_markdown(tuple(page_of(content)))
    assert "## All measures" not in said
    assert "Not run: recognition (dlib)" in said
    none = as_markdown(tuple(page_of(content.model_copy(update={"attacks": ()}))))
    assert "No attack was run (privacy.attacks is empty)" in none
    assert "## Attacks" not in none
    assert "## The attacker" not in none


def test_the_officers_page_claims_nothing_that_was_not_measured():
    exposed = ExposedRegion("3f", "street/7.png", 0.4, found=True)
    attacks = one(Conclusion.LEAKS, 0.4, most_exposed=(exposed,), left_out={"no vector": 3}), one()
    content = PrivacyTables(
        caption="", layouts=(), audits=(), notes=("v: 2 of 9 faces unchanged",), attacks=attacks,
        answers=("v, faces: leaks",), limits={"rank_1": 0.1}, broken=("v: too much",),
    )  # fmt: skip
    said = as_markdown(tuple(page_of(content)))
    assert "v, faces: leaks." in said
    assert said.index("## Answer") < said.index("## What to do next") < said.index("## Attacks")
    assert "v (faces): use a stronger setting or another method" in said
    assert "Do not share a variant that is not shown to keep its limits" in said
    assert re.search(r"\| v +\| recognition \(dlib\) +\| street/7.png +\| 3f", said)
    assert "v, recognition (dlib): 3 left out, no vector." in said
    assert "Not run: recognition (dlib) on v, because the module dlib is not installed." in said
    assert "v: 2 of 9 faces unchanged." in said
    assert "Not all limits are shown to be kept: see Thresholds." in said
    assert "v: too much." in said
    rows = {row.split("|")[1].strip(): row for row in said.splitlines() if row.startswith("|")}
    assert "recognition (dlib)" in rows["Singling out"]
    assert "not measured" in rows["Linkability"]
    assert "not measured" in rows["Inference"]
