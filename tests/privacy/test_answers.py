"""What is said of a variant after its attacks: answers, and limits."""

import json
from dataclasses import asdict, replace

import pytest
from identity_attacks.rates import Conclusion, Judgement, Success
from plain_commands.errors import UserError

from tests.commands import privacy as main
from tests.privacy.judged_attacks import one, rate
from workflow_scripts.contracts.attacks import AttackRun, Attacks, JudgedAttack, none_large_enough
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.tables import PrivacyTables
from workflow_scripts.privacy.attack import RETRIEVAL
from workflow_scripts.privacy.judging import answer, broken, in_short, worst


class TestAnswers:
    """What is said of a variant."""

    def said(self, *attacks) -> str:
        (sentence,) = answer("v", attacks, 0.01)
        return sentence

    def test_no_better_than_chance(self):
        assert self.said(one(Conclusion.CHANCE), one()) == (
            "v, faces: no attack exceeds chance by more than 1 point; recognition (dlib) did not "
            "run: the module dlib is not installed. Strongest attack: recognition (dlib), n = 100: "
            "rank 1 of 0.0 % (0.0 to 5.0), chance 1.0 %, originals 90.0 %"
        )

    def test_one_leak_is_enough(self):
        informed = one(Conclusion.LEAKS, 0.4, title="informed recognition (dlib)")
        said = self.said(one(Conclusion.CHANCE), one(Conclusion.UNDECIDED), informed)
        assert said.startswith(
            "v, faces: leaks. Strongest attack: informed recognition (dlib), n = 100: rank 1 of 40"
        )

    def test_the_measure_that_decided_stands_beside_the_one_that_is_easy_to_grasp(self):
        rates = {"rank_1": rate(0.02), "auc": rate(0.675, chance=0.5)}
        leak = one(Conclusion.LEAKS)
        run = leak.run.model_copy(update={"success": Success(rates)})
        leak = leak.model_copy(update={"run": run, "judgement": Judgement(Conclusion.LEAKS, "auc")})
        assert self.said(leak).endswith(
            "AUC of 0.675 (0.625 to 0.725), chance 0.500; rank 1 of 2.0 % (0.0 to 7.0), chance "
            "1.0 %, originals 90.0 %"
        )

    def test_undecided_says_how_many_it_takes(self):
        said = self.said(one(Conclusion.CHANCE), one(Conclusion.UNDECIDED))
        assert said.startswith("v, faces: undecided: 100 faces are too few; about 400 are needed.")

    def test_several_pictures_of_a_face_count_once(self):
        linked = one(Conclusion.UNDECIDED)
        twice = replace(rate(0.0), n=62, independent=31.0)
        run = linked.run.model_copy(update={"success": Success({"rank_1": twice})})
        said = self.said(linked.model_copy(update={"run": run}))
        assert said.startswith("v, faces: undecided: 31 faces are too few; about 400 are needed.")

    def test_more_regions_would_not_decide_what_is_near_the_margin(self):
        near = one(Conclusion.UNDECIDED, 0.02)
        near = near.model_copy(
            update={"judgement": Judgement(Conclusion.UNDECIDED, "rank_1", needed=90)}
        )
        assert self.said(near).startswith(
            "v, faces: undecided: success is too close to the margin."
        )

    def test_an_attack_that_does_not_work_is_no_evidence(self):
        assert self.said(one(Conclusion.FAILS)) == (
            "v, faces: no attack gives evidence. Recognition (dlib) is not evidence: it succeeds "
            "on fewer than half of the originals"
        )

    def test_an_attack_that_was_not_tried_on_the_originals_is_no_evidence(self):
        tried = one(Conclusion.LEAKS, 0.9)
        untold = tried.model_copy(update={"originals": None, "judgement": None})
        assert self.said(untold) == (
            "v, faces: no attack gives evidence. Recognition (dlib) is not evidence: it did not "
            "run on the originals"
        )

    def test_what_was_not_looked_for_is_said(self):
        (said,) = answer("v", [one()], 0.01, {Kind.LICENSE_PLATE})
        assert said == ("v, faces: not looked for (pii.faces is null), so no attack gives evidence")

    def test_kinds_are_told_apart(self):
        plates = one(Conclusion.LEAKS, 0.2, title="plate reading", kind=Kind.LICENSE_PLATE)
        faces, read = answer("v", [one(Conclusion.CHANCE), plates], 0.01)
        assert faces.startswith("v, faces: no attack")
        assert read.startswith(
            "v, license plates: leaks. Strongest attack: plate reading, n = 100: read whole of 20"
        )


class TestInShort:
    """What is said of a variant where the report begins."""

    def said(self, *attacks, looked_for=tuple(Kind)) -> str:
        return in_short("v", attacks, looked_for)

    def plates(self, conclusion=None) -> JudgedAttack:
        return one(conclusion, title="plate reading", kind=Kind.LICENSE_PLATE)

    def test_the_worst_conclusion_of_each_kind(self):
        faces = one(Conclusion.CHANCE), one(Conclusion.UNDECIDED), one(Conclusion.LEAKS, 0.4)
        assert self.said(*faces, self.plates(Conclusion.UNDECIDED)) == (
            "v: faces leak; license plates are undecided."
        )

    def test_no_better_than_chance_says_whether_all_attacks_ran(self):
        assert self.said(one(Conclusion.CHANCE)) == ("v: no attack on faces is better than chance.")
        assert self.said(one(Conclusion.CHANCE), one()) == (
            "v: no attack that ran on faces is better than chance."
        )

    def test_what_is_no_evidence(self):
        assert self.said(one(Conclusion.FAILS), self.plates()) == (
            "v: no attack gives evidence on faces; no attack on license plates could be made."
        )
        assert self.said(one(), self.plates(), looked_for=(Kind.FACE,)) == (
            "v: no attack on faces could be made; license plates were not looked for."
        )
        assert self.said() == "v: not attacked."

    def test_it_agrees_with_the_long_answer(self):
        verdicts = {
            Conclusion.LEAKS: "leaks",
            Conclusion.UNDECIDED: "undecided",
            Conclusion.CHANCE: "no attack exceeds chance",
            Conclusion.FAILS: "no attack gives evidence",
        }
        for number, (conclusion, verdict) in enumerate(verdicts.items()):
            attacks = [one(other) for other in list(verdicts)[number:]]
            assert worst(attacks) is conclusion
            (said,) = answer("v", attacks, 0.01)
            assert said.startswith(f"v, faces: {verdict}")


def test_a_limit_is_for_the_upper_end_of_the_interval():
    assert broken([one(Conclusion.CHANCE, 0.0)], {"rank_1": 0.05}) == []
    tried = one(Conclusion.CHANCE, 0.01), one(Conclusion.LEAKS, 0.2, title="linking (dlib)")
    assert broken(tried, {"rank_1": 0.05}) == [
        "v: rank 1 exceeds its limit of 5 %: linking (dlib) 20.0 %, up to 25.0 % (n = 100)",
        "v: rank 1 may exceed its limit of 5 %: recognition (dlib) 1.0 %, up to 6.0 % (n = 100)",
    ]


def test_a_limit_is_for_every_kind_that_can_be_attacked():
    """Plates have a rank 1 as well, which says nothing about faces."""
    plates = one(Conclusion.CHANCE, 0.0, title="plate matching", kind=Kind.LICENSE_PLATE)
    rates = Success({"rank_1": rate(0.0)})
    measures = {"measures": RETRIEVAL, "success": rates}
    plates = plates.model_copy(update={"run": plates.run.model_copy(update=measures)})
    assert broken([one(), plates], {"rank_1": 0.05}) == [
        "v: rank 1 of faces was not measured, so its limit of 5 % is not shown to be kept"
    ]
    no_faces = one(reason=none_large_enough(Kind.FACE))
    assert broken([no_faces, plates], {"rank_1": 0.05}) == []
    assert broken([no_faces], {"rank_1": 0.05}) == broken([one()], {"rank_1": 0.05})


def test_too_few_people_cannot_keep_a_limit():
    """The upper end without a success is 1 - 0.025^(1/n): 0.0100 for 368, the first below 1 %."""
    (said,) = broken([one(Conclusion.CHANCE, 0.0)], {"rank_1": 0.01})
    assert said == (
        "v: rank 1 may exceed its limit of 1 %: recognition (dlib) 0.0 %, up to 5.0 % (n = 100). "
        "This limit needs at least 368 people or plates, even if no attack succeeds"
    )
    assert 1 - 0.025 ** (1 / 368) <= 0.01 < 1 - 0.025 ** (1 / 367)
    (said,) = broken([one(Conclusion.CHANCE, 0.0)], {"rank_1": 0})
    assert said.endswith("No number of people or plates is enough to show a limit of 0")


@pytest.mark.parametrize("value", [float("nan"), 1.5, -0.1])
def test_a_rate_that_is_no_share_is_one_line(tmp_path, value):
    bad = Success({"rank_1": replace(rate(0.5), value=value)})
    said = AttackRun(title="guess", kind=Kind.FACE, question="ask", measures=("rank_1",))
    run_of = said.model_dump(mode="json")
    content = {"schema": 1, "variant": "v", "regions": {}, "runs": [run_of]}
    content["runs"][0]["success"] = asdict(bad)
    file = tmp_path / "success.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"success\.json: .*guess, rank_1: .* between 0 and 1"):
        Attacks.read(file)


def test_the_gate_fails_with_all_findings(tmp_path, capsys):
    table = tmp_path / "privacy.json"
    content = PrivacyTables(caption="", layouts=(), audits=(), notes=(), limits={"rank_1": 0.1})
    table.write_text(json.dumps(content.as_json()))
    assert main(["limits", str(table)]) == 0
    table.write_text(json.dumps(content.model_copy(update={"broken": ("v: a", "w: b")}).as_json()))
    assert main(["limits", str(table)]) == 2
    said = capsys.readouterr().err
    assert "privacy.limits: v: a" in said
    assert "privacy.limits: w: b" in said
