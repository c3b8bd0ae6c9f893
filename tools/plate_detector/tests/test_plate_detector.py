"""Training crops, training, export and measurement of the plate detector."""

import re
from functools import cache

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from pii_detectors import PlateSearch, boxes_around
from pii_detectors.centerface import weights_file
from pii_detectors.detections import PlateDetections
from pii_detectors.plate_maps import decode
from plain_commands.errors import UserError

from tools.plate_detector import crops as drawing
from tools.plate_detector import mounting, vehicles
from tools.plate_detector.__main__ import PROGRAM
from tools.plate_detector.crops import (
    SIDE,
    TrainingCrop,
    TrainingCrops,
    draw_still,
    photograph,
    widths,
)
from tools.plate_detector.export import mix, write_onnx
from tools.plate_detector.formats import FORMATS
from tools.plate_detector.matching import match, summary_of
from tools.plate_detector.net import PlateNet
from tools.plate_detector.photographs import of_photographs, photographs_of
from tools.plate_detector.plates import sample_plate
from tools.plate_detector.start import net_of, read_network
from tools.plate_detector.targets import loss_of, target_of
from tools.plate_detector.train import PlateTraining, TrainingSettings, images_of


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


def drawn(count: int, seed: int = 0) -> list[TrainingCrop]:
    return [drawn_crop(seed, number) for number in range(count)]


@cache
def drawn_crop(seed: int, number: int) -> TrainingCrop:
    rng = np.random.default_rng((seed, number))
    return photograph(rng, draw_still(rng))


def test_crops_depend_on_seed_and_number_alone():
    first = TrainingCrops(5, scene_share=0.5, per_scene=8)
    again = TrainingCrops(5, scene_share=0.5, per_scene=8)
    for number in (3, 1, 2, 9):
        np.testing.assert_array_equal(first[number].quads, again[number].quads)
    np.testing.assert_array_equal(first[1].image, again[1].image)
    assert (first[0].image != TrainingCrops(6, scene_share=0)[0].image).any()
    assert first[0].image.shape == (SIDE, SIDE, 3)
    assert first[0].image.dtype == np.uint8


def test_quads_go_clockwise_from_the_upper_left():
    quads = np.concatenate([crop.quads for crop in drawn(30)])
    assert len(quads) > 12
    edges = np.roll(quads, -1, axis=1) - quads
    following = np.roll(edges, -1, axis=1)
    turns = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
    assert (turns > 0).all()  # clockwise, y downwards
    assert (edges[:, 0, 0] > 0).all()  # from the left corner to the right
    assert (quads[:, 2:, 1].mean(axis=1) > quads[:, :2, 1].mean(axis=1)).all()
    wide = widths(quads)
    assert wide.min() >= drawing.NARROWEST
    assert wide.max() <= drawing.WIDEST


def test_quads_are_true_to_the_drawn_plates(monkeypatch):
    def magenta(rng, plate, width):
        height = max(round(plate.size.height / plate.size.width * width), 2)
        return np.full((height, width, 3), (255, 0, 255), np.uint8)

    monkeypatch.setattr(mounting, "picture", magenta)
    monkeypatch.setattr(vehicles, "_light_up", lambda rng, paper: None)
    monkeypatch.setattr(mounting, "_frame", lambda rng, paper, box: None)
    monkeypatch.setattr(mounting, "_hide", lambda rng, paper, box, paint: None)
    monkeypatch.setattr(drawing, "photographed", lambda rng, image, smallest: image)
    checked = 0
    for number in range(45):
        rng = np.random.default_rng((1, number))
        crop = photograph(rng, draw_still(rng))
        if len(crop.quads) != 1 or len(crop.ignored) or widths(crop.quads)[0] < 25:
            continue
        red, green, blue = (crop.image[..., channel].astype(int) for channel in range(3))
        painted = np.minimum(red, blue) - green > 127
        expected = np.zeros(painted.shape, np.uint8)
        fixed = np.rint((crop.quads[0] - 0.5) * 256).astype(np.int32)
        cv2.fillConvexPoly(expected, fixed, 1, cv2.LINE_8, 8)
        union = (painted | (expected > 0)).sum()
        assert (painted & (expected > 0)).sum() / union > 0.8
        checked += 1
    assert checked > 4


def test_targets_decode_to_the_quads_they_were_made_of():
    seen = 0
    for crop in drawn(30):
        if len(crop.quads) != 1:
            continue
        target = target_of([crop])
        answer = torch.cat((target.heat, target.corners[0])).numpy()
        quads, scores = decode(answer, 0.5, 0.3)
        assert scores.tolist() == [1.0]
        sure = (target.heat[0] > 0) & (target.weight[0] == 0)
        if not (
            sure.numpy() & (cv2.dilate((answer[0] == 1).astype(np.uint8), np.ones((3, 3))) > 0)
        ).any():
            np.testing.assert_allclose(quads[0], crop.quads[0], atol=0.01)
            seen += 1
    assert seen > 2


def test_a_right_answer_costs_nothing():
    (crop,) = [s for s in drawn(12) if len(s.quads) == 1][:1]
    target = target_of([crop])
    logit = torch.where(target.heat == 1, 20.0, -20.0)
    heat, corners = loss_of(torch.cat((logit[:, None], target.corners), dim=1), target)
    assert heat < 1e-6
    assert corners == 0
    heat, corners = loss_of(torch.cat((-logit[:, None], target.corners + 4), dim=1), target)
    assert heat > 1
    assert corners > 0


SETTINGS = TrainingSettings(
    seed=1, steps=5, batch=1, scene_share=0, learning_rate=0.05, half_precision=False
)


def test_a_few_steps_lower_the_loss():
    trainer = PlateTraining(SETTINGS)
    (crop,) = [crop for crop in drawn(30) if len(crop.quads) == 1][:1]
    trainer.crops = [crop] * SETTINGS.steps
    losses = [sum(trainer.advance()) for _ in range(SETTINGS.steps)]
    assert losses[-1] < 0.8 * losses[0]


def test_the_same_seed_gives_the_same_weights_also_when_interrupted(tmp_path):
    whole, first, second = (PlateTraining(SETTINGS) for _ in range(3))
    for _ in range(2):
        whole.advance()
    first.advance()
    first.write(tmp_path / "half.pth")
    second.read(tmp_path / "half.pth")
    second.advance()
    for name, value in whole.average.items():
        assert torch.equal(value, second.average[name]), name


def test_training_command(tmp_path, capsys):
    command = ["--settings", '{"steps": 1, "batch": 1, "scene_share": 0}', "--output"]
    assert PROGRAM.run(["train", *command, str(tmp_path / "a.pth")]) == 0
    assert torch.load(tmp_path / "a.pth")["step"] == 1
    (tmp_path / "b.pth").write_bytes(b"no weights")
    assert PROGRAM.run(["train", *command, str(tmp_path / "b.pth")]) == 2
    assert "b.pth: not a checkpoint" in capsys.readouterr().err
    with pytest.raises(UserError, match="other settings"):
        PlateTraining(SETTINGS).read(tmp_path / "a.pth")


def test_exported_network_answers_like_the_original(tmp_path):
    net = PlateNet().eval()
    write_onnx(net, tmp_path / "net.onnx")
    network = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    image = torch.rand(1, 3, 96, 160) * 255
    with torch.no_grad():
        expected = net(image)
    expected[:, 0] = expected[:, 0].sigmoid()
    (found,) = network.run(["plates"], {"image": image.numpy()})
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-3)


def test_an_exported_network_is_trained_further_from_what_it_answers(tmp_path):
    settings = SETTINGS.model_copy(update={"steps": 2, "batch": 2})
    trained = PlateTraining(settings)
    trained.advance()
    trained.net.eval()
    write_onnx(trained.net, tmp_path / "net.onnx")
    images = images_of(drawn(4))
    further = net_of(tmp_path / "net.onnx", images)
    with torch.no_grad():
        expected, answer = trained.net(images), further.eval()(images)
        torch.testing.assert_close(answer, expected, rtol=1e-3, atol=1e-3)
        # Normalized by the batch, as in training, it answers likewise on what it was calibrated on.
        torch.testing.assert_close(further.train()(images), expected, rtol=0.05, atol=0.05)
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match=r"text\.onnx: no ONNX file \(DecodeError\)"):
        net_of(tmp_path / "text.onnx", images)
    with pytest.raises(UserError, match="a network other than the plate detector's"):
        net_of(weights_file(), images)


def test_trained_weights_are_averaged_with_those_before(tmp_path):
    start, trained = PlateNet().eval(), PlateNet().eval()
    write_onnx(start, tmp_path / "start.onnx")
    write_onnx(trained, tmp_path / "trained.onnx")
    mix(tmp_path / "start.onnx", tmp_path / "trained.onnx")
    _, mixed = read_network(tmp_path / "trained.onnx")
    before, after = (net.aside[0].weight.detach().numpy() for net in (start, trained))
    expected = 0.3 * before + 0.7 * after
    np.testing.assert_allclose(mixed["net.aside.0.weight"], expected, atol=1e-6)
    with pytest.raises(UserError, match="a network other than the plate detector's"):
        mix(weights_file(), tmp_path / "trained.onnx")


def test_photographs_are_read_with_the_places_of_their_plates(tmp_path):
    image = np.zeros((60, 100, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "one.png"), image)
    (tmp_path / "one.txt").write_text("one.png\t10\t20\t30\t8\tABC1234\n")
    ((path, box),) = photographs_of(tmp_path)
    assert path == tmp_path / "one.png"
    assert box.tolist() == [[10, 20, 40, 28]]

    class Sure(PlateSearch):
        """It answers with the right half of the plate, wherever it is asked to look."""

        def find(self, image, within=None, threads=1):
            quads = np.array([[(20, 20), (40, 20), (40, 28), (20, 28)]], float)
            if within is not None:
                assert within.tolist() == [[-50, -40, 100, 88]]
                quads += 500
            return PlateDetections(boxes_around(quads), np.ones(1), quads)

    measured = of_photographs(Sure(), tmp_path)
    everywhere, around = measured.values()
    assert list(measured) == [f"{tmp_path.name}, everywhere", f"{tmp_path.name}, around the plate"]
    assert everywhere["by_width"][-1]["recall"] == 1
    assert everywhere["by_width"][-1]["covered"] == pytest.approx(2 / 3)
    assert everywhere["false_alarms"] == 0
    assert around["by_width"][-1]["recall"] == 0
    assert around["false_alarms"] == 1


def test_a_folder_without_photographs_is_named_in_one_line(tmp_path):
    with pytest.raises(UserError, match="no text file that names a photograph"):
        photographs_of(tmp_path)
    (tmp_path / "one.txt").write_text("one.png 10 20 30 8")
    with pytest.raises(UserError, match=r"one\.txt: a photograph's name, x, y, width and height"):
        photographs_of(tmp_path)
    (tmp_path / "one.txt").write_text("one.png\t10\t20\t30\t8")
    with pytest.raises(UserError, match=r"one\.png: not an image that can be read"):
        of_photographs(PlateSearch(), tmp_path)


def test_every_format_writes_what_its_patterns_say():
    rng = np.random.default_rng(4)
    rows = {}
    for _ in range(300):
        plate = sample_plate(rng)
        rows.setdefault(id(plate.of), []).append(plate)
        text = re.sub("[A-Z]", "L", re.sub("[0-9]", "9", "".join(plate.rows)))
        patterns = {re.sub("[ :-]", "", pattern) for pattern in plate.of.patterns}
        assert re.sub("[ -]", "", text) in patterns
        assert len(plate.rows) == plate.size.lines
    assert len(rows) == len(FORMATS)
    for plates in rows.values():
        assert len({plate.rows for plate in plates}) > 0.9 * len(plates)


LEFT = [(5, 10), (25, 12), (24, 18), (4, 16)]
RIGHT = [(40, 40), (60, 40), (60, 45), (40, 45)]


def test_measuring_counts_finds_misses_and_false_alarms():
    truth = np.array([LEFT, RIGHT], float)
    hidden = truth[1:] + 100
    found = np.array([np.add(LEFT, (1, 0)), np.add(RIGHT, 100), np.add(RIGHT, 300)])
    outcome = match(found, truth, hidden)
    assert outcome.found.tolist() == [True, False]
    assert outcome.errors[0] == pytest.approx(1 / outcome.wide[0])
    assert outcome.covered[0] == pytest.approx(0.935, abs=0.001)
    assert outcome.covered[1] == 0
    assert outcome.false_alarms == 1
    summary = summary_of([outcome, match(found[:0], truth[:0], truth[:0])])
    assert summary["false_alarms"] == 0.5
    assert summary["by_width"][-1]["plates"] == 2
    assert summary["by_width"][-1]["recall"] == 0.5
