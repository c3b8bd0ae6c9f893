"""The answer in a sentence: no more than the verdict allows."""

import pytest
from run_equivalence.compare import compare
from run_equivalence.images import AddedVariance
from run_equivalence.welch import SampleStatistics

from workflow_scripts.analysis.statistics.answer import caveats, headline, sentence
from workflow_scripts.analysis.statistics.judge import judge
from workflow_scripts.contracts.settings import Statistics
from workflow_scripts.contracts.verdicts import ExperimentVerdict, Role, VariantVerdict


def verdict_of(roles=None, **variants):
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
    settings = Statistics()
    return ExperimentVerdict(
        reference="plain",
        settings=settings,
        source="runs",
        variants=judge(groups, "plain", settings, roles or {}),
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
    assert "all 2 classes are within 1 point" in sentence(verdict, verdict.variants[0])


def test_several_treatments_are_grouped_by_what_they_do():
    text = headline(verdict_of(a=(0.4, 0.3, 0.35), b=(0.4, 0.3, 0.35), c=(0.2, 0.1, 0.15)))
    assert text == (
        "Compared with plain: a and b leave mean AP unchanged within 1 point; c lowers mean AP."
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
    settings = Statistics()
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
