"""The answer in a sentence: no more than the verdict allows."""

import math

import pytest
from run_equivalence.compare import compare
from run_equivalence.images import AddedVariance
from run_equivalence.welch import SampleStatistics

from workflow_scripts.analysis.statistics.answer import caveats, headline, sentence
from workflow_scripts.analysis.statistics.formats import as_csv, as_markdown, as_plain_text
from workflow_scripts.analysis.statistics.judge import judge
from workflow_scripts.analysis.statistics.sentences import notes, sentences
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.verdicts import Coverage, ExperimentVerdict, Role, VariantVerdict

BLIND = "without a positive control, this experiment may miss harm"


def verdict_of(roles=None, coverage=None, **variants):
    """Of variants with means of the classes car and bus, and of all, deviation 0.3 points."""
    names = ("car", "bus", "all")

    def samples(means, std=0.003, n=5):
        return {
            name: SampleStatistics(mean, std, n) for name, mean in zip(names, means, strict=True)
        }

    groups = {"plain": samples((0.4, 0.3, 0.35))} | {
        name: samples(*of) if isinstance(of[0], tuple) else samples(of)
        for name, of in variants.items()
    }
    settings = VerdictSettings()
    return ExperimentVerdict(
        reference="plain",
        settings=settings,
        source="runs",
        variants=judge(groups, "plain", settings, roles or {}, coverage=coverage),
    )


@pytest.mark.parametrize(
    ("means", "said", "unsaid"),
    [
        ((0.4, 0.3, 0.35), "leaves mean AP unchanged within 1 point", "inconclusive"),
        ((0.4, 0.2, 0.35), "after Holm correction: 1 equivalent (car), 1 different", "all 2"),
        ((0.39, 0.29, 0.338), "lowers mean AP, but by less than 2 points", "unchanged within 1"),
        ((0.2, 0.1, 0.15), "lowers mean AP (difference -20.00 points", "the same"),
        (((0.4, 0.3, 0.352), 0.02), "These runs cannot tell whether training on blur", "the same"),
        (((0.4, 0.3, 0.35), 0.003, 1), "cannot be tested", "unchanged"),
    ],
)
def test_one_treatment(means, said, unsaid):
    text = headline(verdict_of(blur=means))
    assert said in text
    assert unsaid not in text
    assert text.endswith(".")
    assert text.count(". ") == 0


def test_all_classes_within_is_a_claim_about_each():
    verdict = verdict_of(blur=(0.4, 0.3, 0.35))
    assert "both classes are also within 1 point" in sentence(verdict, verdict.variants[0])


def test_several_treatments_are_grouped_by_what_they_do():
    text = headline(verdict_of(a=(0.4, 0.3, 0.35), b=(0.4, 0.3, 0.35), c=(0.2, 0.1, 0.15)))
    assert text == (
        "Compared with plain: a and b leave mean AP unchanged within 1 point; c lowers mean AP; "
        f"{BLIND}."
    )


def test_controls_are_no_treatments_and_speak_in_the_caveats():
    roles = {"again": Role.AA_CONTROL, "masked": Role.POSITIVE_CONTROL}
    verdict = verdict_of(
        roles, blur=(0.4, 0.2, 0.35), again=(0.4, 0.3, 0.35), masked=(0.1, 0.1, 0.1)
    )
    assert "again" not in headline(verdict)
    said = " ".join(caveats(verdict))
    assert "no false alarm" in said
    assert "harm is detected" in said
    assert "The mean can hide a class: for blur" in said
    assert "the choice of the test images" in said
    only = verdict_of({"again": Role.AA_CONTROL}, again=(0.4, 0.3, 0.35))
    assert "No treatment" in headline(only)


def test_test_images_as_a_sample_are_said_beside_the_interval():
    settings = VerdictSettings()
    samples = {name: SampleStatistics(0.3, 0.003, 5) for name in ("car", "all")}
    rows = compare(samples, samples, images={"all": AddedVariance(0.02**2, 50.0)})
    blur = VariantVerdict(variant="blur", role=Role.TREATMENT, rows=tuple(rows))
    verdict = ExperimentVerdict(
        reference="plain", settings=settings, source="runs", variants=(blur,)
    )
    said = " ".join(caveats(verdict))
    assert "With the test images as a second source" in said
    assert "inconclusive within 1 point, inconclusive within 2 points" in said
    assert "adds to it" not in said


def test_absent_controls_are_a_caveat():
    assert "Without A/A control and positive control" in caveats(verdict_of(b=(0.4, 0.3, 0.35)))[0]


def test_a_claim_of_equivalence_needs_a_positive_control():
    same, masked = (0.4, 0.3, 0.35), (0.1, 0.1, 0.1)
    control = {"masked": Role.POSITIVE_CONTROL}
    assert headline(verdict_of(blur=same)).endswith(f"; {BLIND}.")
    assert "control" not in headline(verdict_of(control, blur=same, masked=masked))
    assert headline(verdict_of(control, blur=same, masked=same)).endswith(
        "; the positive control does not come out worse, so this experiment may miss harm."
    )
    assert "control" not in headline(verdict_of(blur=(0.2, 0.1, 0.15)))


FOUND = "detected faces and license plates"


NOTHING = "blur changed nothing in 8 training images: "


@pytest.mark.parametrize(
    ("counts", "said", "verdict"),
    [
        ((0, 0, 0), f"{NOTHING}no face or license plate was found.", "not testable"),
        ((0, 43, 0), f"{NOTHING}none of the 43 {FOUND}.", "not testable"),
        ((3, 43, 7), f"blur changed 7 of the 43 {FOUND}.", "equivalent"),
        ((3, 43, 42), f"blur changed 42 of the 43 {FOUND}.", "equivalent"),
        ((3, 43, 0), f"blur changed 0 of the 43 {FOUND}.", "equivalent"),
        ((3, 43, 43), "Training on blur", "equivalent"),
        ((3, 0, 0), "Training on blur", "equivalent"),
    ],
)
def test_what_a_variant_changed_comes_first(counts, said, verdict):
    changed_images, regions, changed_regions = counts
    coverage = Coverage(
        images=8,
        changed_images=changed_images,
        regions=regions,
        changed_regions=changed_regions,
    )
    found = verdict_of(coverage={"blur": coverage}, blur=(0.4, 0.3, 0.35))
    assert headline(found).startswith(said)
    assert {str(at.verdict) for row in found.variants[0].rows for at in row.margins} == {verdict}
    claims = "unchanged within" in headline(found)
    assert claims is (verdict == "equivalent")
    for text in (as_markdown(found), as_plain_text(found).replace("\n  ", " ")):
        assert (said in text) is not said.startswith("Training")
    assert f",8,{changed_images},{regions},{changed_regions}," in as_csv(found)


DROPPED = {"car": (300, 500), "bus": (40, 40), "train": (0, 9)}


def dropping(images: int, instances=None) -> Coverage:
    """What a variant leaves out of 60 images with 50 regions."""
    return Coverage(
        images=60,
        changed_images=0,
        regions=50,
        changed_regions=0,
        dropped_images=images,
        dropped_regions=2 * images,
        dropped_instances=instances or {},
    )


def test_what_a_variant_drops_is_said_with_its_control():
    found = verdict_of(
        {"random": Role.RANDOM_DROP, "other": Role.RANDOM_DROP},
        {"drop": dropping(20, DROPPED), "random": dropping(20), "other": dropping(19)},
        drop=(0.37, 0.29, 0.33),
        random=(0.39, 0.29, 0.34),
        other=(0.39, 0.29, 0.34),
    )
    assert headline(found).startswith(
        "drop leaves out 20 of 60 training images, with 340 of 549 instances and 40 of the 50 "
        "detected faces and license plates. "
    )
    assert "Training on drop instead of plain images lowers mean AP" in headline(found)
    assert "Training on random" not in headline(found)
    said = caveats(found)
    assert "Instances left out by drop: car 300 of 500, bus 40 of 40." in said
    assert "drop leaves no bus to learn from." in said
    equal = [text for text in said if "the same number of images" in text and "choosing" in text]
    # Two samples of five with a deviation of 0.3 points: 1.860 * sqrt(2 / 5) * 0.3 = 0.35.
    assert equal == [
        "drop and random leave out the same number of images: choosing them by content changes "
        "mean AP by -1.00 points (90 % interval -1.35 to -0.65, independent runs; different within "
        "1 point, different but within the margin within 2 points)."
    ]
    control = "dropped at random, mean AP changes by -1.00 points (90 % interval -1.35 to -0.65)."
    assert sum(control in text for text in said) == 2
    assert all(text in as_markdown(found) for text in equal)
    assert ",60,0,50,0,20,40," in as_csv(found)


def test_a_single_run_of_a_drop_has_no_interval():
    one = ((0.4, 0.3, 0.35), 0.003, 1)
    found = verdict_of(
        {"random": Role.RANDOM_DROP},
        {"drop": dropping(20), "random": dropping(20)},
        drop=one,
        random=one,
    )
    said = " ".join(caveats(found))
    assert "changes mean AP by 0.00 points (90 % interval –, independent runs; not testable" in said


def test_of_several_variants_those_that_changed_nothing_are_not_judged():
    nothing = Coverage(images=8, changed_images=0, regions=0, changed_regions=0)
    same = (0.4, 0.3, 0.35)
    found = verdict_of(coverage={"blur": nothing}, blur=same, natural=same)
    assert headline(found).startswith(
        "blur changed nothing in 8 training images: no face or license plate was found. "
        "Training on natural instead of plain images leaves mean AP unchanged within 1 point"
    )
    assert sentence(found, found.variants[0]) == (
        "Training on blur instead of plain images cannot be judged: blur changed nothing."
    )


@pytest.mark.parametrize("deviation", [0.0, 0.0001])
def test_models_that_learned_nothing_are_not_equivalent(deviation):
    groups = {
        name: {key: SampleStatistics(0.0, deviation, 5) for key in ("car", "bus", "all")}
        for name in ("plain", "blur")
    }
    found = ExperimentVerdict(
        reference="plain",
        settings=VerdictSettings(),
        source="runs",
        variants=judge(groups, "plain", VerdictSettings(), {}),
    )
    assert headline(found) == (
        "The models learned nothing: mean AP is 0.000 in all variants. Train longer."
    )
    assert {str(at.verdict) for row in found.variants[0].rows for at in row.margins} == {
        "not testable"
    }
    assert "Car: AP is 0.000 on both sides: the models learned nothing of it." in list(
        notes(found.variants[0])
    )


def test_equivalence_below_an_ap_that_is_smaller_than_the_margin_says_little():
    groups = {
        name: {key: SampleStatistics(0.004, 0.001, 5) for key in ("car", "all")}
        for name in ("plain", "blur")
    }
    (blur,) = judge(groups, "plain", VerdictSettings(), {})
    assert next(notes(blur)) == (
        "Car: the reference's AP of 0.004 is itself below 1 point: equivalence within it says "
        "little."
    )


def judged(groups, settings=None, roles=None, pairs=None):
    """Of samples by variant and class; `plain` is the reference."""
    settings = settings or VerdictSettings()
    return ExperimentVerdict(
        reference="plain",
        settings=settings,
        source="runs",
        variants=judge(groups, "plain", settings, roles or {}, pairs=pairs),
    )


def samples(std=0.003, n=5, **means):
    return {name: SampleStatistics(mean, std, n) for name, mean in means.items()}


def test_a_joint_claim_on_classes_is_corrected_over_treatments():
    """The p value of each row is 0.04: within 1 point by itself, not among three treatments."""
    settings = VerdictSettings(family="experiment", margins=(0.01,))
    same = {"car": 0.4, "bus": 0.3, "all": 0.35}
    groups = {name: samples(0.0078, **same) for name in ("plain", "a", "b", "c")}
    found = judged(groups, settings)
    assert {at.verdict for row in found.variants[0].rows for at in row.margins} == {"equivalent"}
    said = sentence(found, found.variants[0])
    assert said.startswith("These runs cannot tell whether training on a")
    assert (
        "by class, within 1 point and after Holm correction over 3 treatments: both inconclusive"
        in said
    )
    first, *_ = sentences(found.variants[0], settings)
    assert first.endswith(
        "classes: 2 equivalent (car, bus). For claims about single classes (Holm correction): car, "
        "bus inconclusive. With correction over all treatments: the mean inconclusive."
    )


def test_classes_are_counted_by_name_not_by_comma():
    groups = {
        "plain": samples(**{"car": 0.4, "bus, small": 0.3, "tram": 0.2, "all": 0.3}),
        "blur": samples(**{"car": 0.4, "bus, small": 0.2, "tram": 0.1, "all": 0.23}),
    }
    found = judged(groups)
    first, *_ = sentences(found.variants[0], found.settings)
    assert "2 different (bus, small, tram)" in first


@pytest.mark.parametrize(
    ("question", "names", "said"),
    [
        ("equivalence", ["car"], "the only class is also within 1 point"),
        ("equivalence", ["car", "bus"], "both classes are also within 1 point"),
        ("equivalence", ["car", "bus", "tram"], "all 3 classes are also within 1 point"),
        ("non-inferiority", ["car"], "the only class does not lose 1 point, either"),
        ("non-inferiority", ["car", "bus"], "neither class loses 1 point, either"),
        ("non-inferiority", ["car", "bus", "tram"], "none of the 3 classes loses 1 point, either"),
    ],
)
def test_classes_are_named_by_their_number(question, names, said):
    means = dict.fromkeys([*names, "all"], 0.3)
    groups = {"plain": samples(**means), "blur": samples(**means)}
    found = judged(groups, VerdictSettings(question=question))
    assert said in sentence(found, found.variants[0])


def test_a_class_without_instances_is_not_hidden_by_the_mean():
    undefined = SampleStatistics.of([])
    groups = {name: samples(car=0.4, all=0.35) | {"tram": undefined} for name in ("plain", "blur")}
    found = judged(groups)
    assert "within 1 point" in headline(found)
    assert not any("can hide" in text for text in caveats(found))


def test_a_positive_control_of_one_run_cannot_be_tested():
    groups = {
        "plain": samples(car=0.3, all=0.3),
        "blur": samples(car=0.3, all=0.3),
        "masked": samples(math.nan, 1, car=0.1, all=0.1),
    }
    said = headline(judged(groups, roles={"masked": Role.POSITIVE_CONTROL}))
    assert "the positive control cannot be tested, so this experiment may miss harm" in said


def test_pairs_without_different_differences_are_named():
    groups = {name: samples(car=0.3, all=0.3) for name in ("plain", "blur")}
    same = {name: SampleStatistics(0.01, 0.0, 5) for name in ("car", "all")}
    said = headline(judged(groups, pairs={"blur": same}))
    assert "it takes two pairs of runs, with differing differences" in said


def test_a_control_of_non_inferiority_speaks_of_it():
    settings = VerdictSettings(question="non-inferiority", margins=(0.001,))
    groups = {name: samples(car=0.3, all=0.3) for name in ("plain", "again")}
    (said, *_) = [
        text
        for text in caveats(judged(groups, settings, {"again": Role.AA_CONTROL}))
        if "too few runs" in text
    ]
    assert "non-inferiority of the mean within 0.1 points is not established" in said


def test_differences_that_no_ap_can_have_are_not_said_to_be_detected():
    groups = {name: samples(0.4, 2, car=0.3, all=0.3) for name in ("plain", "blur")}
    found = judged(groups)
    said = "No difference in the mean, however large, is detected with probability 0.8."
    assert said in caveats(found)
    assert "> 100" in as_plain_text(found)


def test_columns_over_all_treatments_also_stand_beside_p_values_of_zero():
    groups = {"plain": samples(1e-5, 50, car=0.5, all=0.5)} | {
        name: samples(1e-5, 50, car=0.2, all=0.2) for name in ("a", "b")
    }
    found = judged(groups, VerdictSettings(family="experiment"))
    assert found.variants[0].over_all.welch_p_family == 0
    assert as_markdown(found).count("Over all treatments") == 2 * 2


def test_a_class_that_differs_within_the_margin_is_not_called_equivalent():
    groups = {
        "plain": samples(car=0.4, bus=0.3, tram=0.3, all=0.333),
        "blur": samples(car=0.39, bus=0.3, tram=0.2, all=0.297),
    }
    found = judged(groups, VerdictSettings(margins=(0.02,)))
    said = sentence(found, found.variants[0])
    assert "1 different but within the margin (car), 1 equivalent (bus), 1 different (tram)" in said


@pytest.mark.parametrize(("n", "is_said"), [(5, False), (7, True)])
def test_a_number_of_runs_without_a_planned_look_is_said(n, is_said):
    groups = {name: samples(0.003, n, car=0.3, all=0.3) for name in ("plain", "blur")}
    found = judged(groups, VerdictSettings(looks=(5, 10)))
    said = "At 7 runs per variant no look was planned (statistics.looks: 5, 10): claims at further "
    assert any(text.startswith(said) for text in caveats(found)) is is_said
