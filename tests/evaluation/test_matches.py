"""From kept matches comes the AP of eval.json, and that of any sample of the images."""

import dataclasses

import numpy as np
import pytest
from ap_cases import CASES, made_up
from instance_ap.coco import IouType, evaluate
from instance_ap.ground_truth import TruthSet
from instance_ap.matches import matches_of
from instance_ap.predictions import Predictions
from plain_commands.errors import UserError
from run_equivalence.resampling import average_precisions, draw_samples

from workflow_scripts.contracts.evaluations import RunName
from workflow_scripts.contracts.matches import read_matches, write_matches


def aps(split, results):
    curves = evaluate(split, Predictions.of_coco_results(results, split))[IouType.SEGM]
    return [curves.mean(class_index=index) for index in range(len(split.classes))]


RUN = RunName(variant="unmodified", seed=1, engine="torchvision", fingerprint="f")


def same(values):
    return [pytest.approx(np.nan if ap is None else ap, abs=1e-9, nan_ok=True) for ap in values]


@pytest.mark.parametrize("name", CASES)
def test_every_image_once_gives_the_ap_of_the_evaluation(name, tmp_path):
    split, results = made_up(CASES[name], 2)
    matches = matches_of(split, Predictions.of_coco_results(results, split))
    write_matches(tmp_path / "matches.npz", matches, RUN)
    matches = read_matches(tmp_path / "matches.npz", RUN)
    once = np.ones((1, len(split.images)), int)
    assert list(average_precisions(matches, once)[0]) == same(aps(split, results))


@pytest.mark.parametrize("name", ["plain", "crowds", "empty masks", "more than 100 predictions"])
def test_a_sample_has_the_ap_of_a_split_of_its_images(name):
    """Images that are drawn twice are there twice, under another id.

    Equal scores would rank in another order, which is arbitrary in both.
    """
    split, results = made_up(CASES[name], 4)
    matches = matches_of(split, Predictions.of_coco_results(results, split))
    samples = draw_samples(np.arange(len(split.images)), 6)
    assert (samples.sum(axis=1) == len(split.images)).all()
    ours = average_precisions(matches, samples)
    for sample, found in zip(samples, ours, strict=True):
        images, instances, predictions = [], [], []
        for image, times in zip(split.images, sample, strict=True):
            for _ in range(times):
                number = len(images) + 1
                images.append(dataclasses.replace(image, id=number))
                instances += [
                    dataclasses.replace(item, image_id=number)
                    for item in split.instances
                    if item.image_id == image.id
                ]
                predictions += [
                    item | {"image_id": number} for item in results if item["image_id"] == image.id
                ]
        drawn = TruthSet(split.classes, tuple(images), tuple(instances))
        assert list(found) == same(aps(drawn, predictions))


def test_many_samples_at_once_are_those_of_one_by_one(monkeypatch):
    split, results = made_up(CASES["plain"], 6)
    matches = matches_of(split, Predictions.of_coco_results(results, split))
    samples = draw_samples(np.arange(len(split.images)), 50)
    together = average_precisions(matches, samples)
    monkeypatch.setattr("run_equivalence.resampling.AT_ONCE", 1)
    np.testing.assert_array_equal(average_precisions(matches, samples), together)


@pytest.mark.parametrize("content", [None, b"", b"PK not a zip", b"text"])
def test_other_files_are_one_line(tmp_path, content):
    path = tmp_path / "matches.npz"
    if content is not None:
        path.write_bytes(content)
    gone = "" if content is None else rf"delete {path} and "
    made = "make it" if content is None else "make it again"
    advice = rf"{gone}{made} with: snakemake {path} …"
    with pytest.raises(UserError, match=rf"matches\.npz: .*; {advice}$"):
        read_matches(path, RUN)


@pytest.mark.parametrize("other", [{"variant": "v"}, {"seed": 2}, {"fingerprint": "g"}])
def test_matches_of_another_run_are_refused(tmp_path, other):
    split, results = made_up(CASES["plain"], 2)
    matches = matches_of(split, Predictions.of_coco_results(results, split))
    write_matches(tmp_path / "matches.npz", matches, RUN.model_copy(update=other))
    said = r"of the run .*, but the eval\.json beside it is of unmodified, seed 1, "
    with pytest.raises(UserError, match=rf"matches\.npz: {said}"):
        read_matches(tmp_path / "matches.npz", RUN)
