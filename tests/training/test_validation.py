"""Tests on the validation images while a model trains, and TensorBoard's event files."""

from dataclasses import replace

import numpy as np
import pytest
from plain_commands.files import read_json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.commands import evaluation, training
from tests.training.conftest import with_settings
from tests.training.running import (
    command_of,
    hash_of_weights,
    metrics_of,
    run,
    run_here,
    stop_after,
)
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.job import Validation

# Random weights find something, too.
TESTS = Evaluation(every=3, shorter_side=96, longest_side=192, score_threshold=0.0)


@pytest.fixture
def tested(job, shapes):
    folder = shapes / "val"
    return replace(job, validation=Validation(3, TESTS, folder / "annotations.json", folder))


def scores_by_iteration(job) -> dict[int, dict]:
    lines = metrics_of(job.output)
    return {line["iteration"]: line["validation"] for line in lines if "validation" in line}


def events_of(job) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(job.files.events)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


@pytest.mark.slow
def test_a_test_on_the_way_changes_no_result(tested, reference):
    run_here(tested)
    assert hash_of_weights(tested.output) == hash_of_weights(reference.output)
    scores = scores_by_iteration(tested)
    assert list(scores) == [3, 6]
    for found in scores.values():
        assert list(found["AP"]) == ["rectangle", "ellipse"]
        assert found["mAP"] == pytest.approx(np.mean(list(found["AP"].values())))


@pytest.mark.slow
def test_the_scores_are_those_of_the_model_at_that_iteration(tested, shapes, tmp_path):
    run_here(tested)
    arguments = ["--settings", TESTS.model_dump_json(exclude={"on", "exposed", "every"})]
    truth = ["--annotations", str(shapes / "val/annotations.json")]
    predictions = ["--output", str(tmp_path / "predictions.json"), "--images", str(shapes / "val")]
    checkpoint = ["--checkpoint", str(tested.files.checkpoint), "--threads", "1"]
    assert training(["predict", *arguments, *truth, *predictions, *checkpoint]) == 0
    made = ["--predictions", predictions[1], "--run", str(tested.files.provenance)]
    assert evaluation([*truth, *made, "--output", str(tmp_path / "eval.json")]) == 0
    expected = read_json(tmp_path / "eval.json")["coco"]["segm"]
    found = scores_by_iteration(tested)[6]
    assert found["mAP"] == pytest.approx(expected["mAP"], abs=1e-12)
    assert found["AP50"] == pytest.approx(expected["AP50"], abs=1e-12)
    assert found["mAP"] > 0


@pytest.mark.slow
def test_events_are_the_lines_of_the_metrics_also_after_a_stop(tested):
    run_here(tested, stop_after(4))
    run_here(tested)
    lines = metrics_of(tested.output)
    events = events_of(tested)
    terms = {key for key in lines[0] if key.startswith("loss")}
    assert len(terms) > 3
    for tag in (*terms, "learning_rate"):
        expected = [(line["iteration"], pytest.approx(line[tag], rel=1e-6)) for line in lines]
        assert events[tag] == expected
    scores = scores_by_iteration(tested)
    assert events["validation/mAP"] == [
        (iteration, pytest.approx(found["mAP"], rel=1e-6)) for iteration, found in scores.items()
    ]
    assert {f"validation/AP/{name}" for name in ("rectangle", "ellipse")} <= set(events)
    assert len(list(tested.files.events.iterdir())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_what_stands_in_the_place_of_the_event_files_is_replaced(tested, tmp_path, kind):
    other, place = tmp_path / "other", tested.files.events
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        place.touch()
    else:
        place.symlink_to(other)
    if kind == "link":
        other.mkdir()
        (other / "events.out.tfevents.1.other").touch()
    run_here(with_settings(tested, iterations=1, milestones=[]))
    assert [step for step, _ in events_of(tested)["loss"]] == [1]
    assert len(list(place.iterdir())) == 1
    assert not place.is_symlink()


@pytest.mark.slow
def test_two_workers_share_the_images(tested, shapes):
    one_size = {"shorter_sides": [64], "longest_side": 128}
    tested = with_settings(
        tested, augmentation=one_size, learning_rate=1e-6, iterations=3, milestones=[]
    )
    alone = replace(tested, output=tested.output / "alone")
    run_here(alone)
    both = replace(tested, workers=2, threads=2)
    ended = run(
        both,
        *("--validation", TESTS.model_dump_json()),
        *("--validation-annotations", str(shapes / "val/annotations.json")),
        *("--validation-images", str(shapes / "val")),
    )
    assert ended.returncode == 0, ended.stderr
    assert "on 3 images" in ended.stderr
    (one,), (two,) = (scores_by_iteration(job).values() for job in (alone, both))
    assert two["mAP"] == pytest.approx(one["mAP"], abs=0.02)


def test_tests_that_cannot_be_made_are_one_line(job, capfd):
    command = command_of(job, "--validation", TESTS.model_dump_json())[3:]
    assert training(command) == 2
    assert "give --validation-annotations and --validation-images" in capfd.readouterr().err
