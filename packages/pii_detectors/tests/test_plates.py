"""License plates: the network's map, tiles and views, pixels at any scale, and the weights."""

import hashlib
from itertools import pairwise

import cv2
import numpy as np
import pytest
from pii_detectors import DetectorError, PlateSearch, boxes_around, non_maximum_suppression
from pii_detectors.centerface import weights_file
from pii_detectors.plate_maps import decode
from pii_detectors.plates import SHA256, WEIGHTS, scale_of_vehicle
from pii_detectors.views import around, tiles


def answer_with(*plates: tuple[int, int, float, list], side: int = 16) -> np.ndarray:
    """A map where cells (row, column) answer with a score and a quad in pixels."""
    answer = np.zeros((9, side, side), np.float32)
    for row, column, score, quad in plates:
        answer[0, row, column] = score
        middle = (np.array((column, row)) + 0.5) * 4
        answer[1:, row, column] = (np.array(quad, float) - middle).ravel()
    return answer


LEFT = [(5, 10), (25, 12), (24, 18), (4, 16)]
RIGHT = [(40, 40), (60, 40), (60, 45), (40, 45)]


def test_decode_is_exact_on_a_map_made_by_hand():
    answer = answer_with((3, 3, 0.7, LEFT), (10, 12, 0.9, RIGHT), (0, 15, 0.2, RIGHT))
    quads, scores = decode(answer, threshold=0.5, max_iou=0.3)
    np.testing.assert_allclose(scores, [0.9, 0.7])
    np.testing.assert_allclose(quads, [RIGHT, LEFT], atol=1e-4)


def test_neighbours_vote_by_how_sure_they_are():
    moved = np.add(LEFT, (4, 0)).tolist()
    quads, scores = decode(answer_with((3, 3, 0.9, LEFT), (3, 4, 0.3, moved)), 0.2, 0.3)
    np.testing.assert_allclose(quads, [np.add(LEFT, (1, 0))], atol=1e-4)
    np.testing.assert_allclose(scores, [0.9])


def test_a_peak_in_the_corner_of_the_map_is_read():
    quads, _ = decode(answer_with((0, 0, 0.9, LEFT), (15, 15, 0.8, RIGHT)), 0.5, 0.3)
    np.testing.assert_allclose(quads, [LEFT, RIGHT], atol=1e-4)
    quads, scores = decode(np.zeros((9, 4, 4), np.float32), 0.5, 0.3)
    assert quads.shape == (0, 4, 2)
    assert scores.shape == (0,)


def test_doubles_and_parts_are_dropped():
    part = [(6, 11), (12, 11), (12, 16), (6, 16)]
    quads = np.array([LEFT, RIGHT, (np.array(LEFT) + 1).tolist(), part], float)
    assert non_maximum_suppression(
        boxes_around(quads), np.array([0.6, 0.9, 0.8, 0.7]), 0.3
    ).tolist() == [1, 2]


@pytest.mark.parametrize("size", [(2048, 1024), (300, 200), (1025, 3000)])
def test_tiles_cover_the_frame_and_overlap(size):
    width, height = size
    seen = np.zeros((height, width), int)
    for view in tiles(width, height, 1024):
        assert view.x1 - view.x0 <= 1024
        assert view.y1 - view.y0 <= 1024
        seen[view.y0 : view.y1, view.x0 : view.x1] += 1
    assert seen.min() == 1
    columns = [(v.x0, v.x1) for v in tiles(width, height, 1024) if v.y0 == 0]
    for (_, end), (start, _) in pairwise(columns):
        assert end - start >= 256


def test_vehicles_are_scaled_to_what_the_network_has_learned():
    boxes = np.array([(10, 10, 40, 30), (100, 100, 400, 300), (0, 0, 1500, 900), (-9, -9, -5, -5)])
    small, middle, large, beside = around(boxes, 1600, 900, scale_of_vehicle)
    assert small.scale == 2
    assert (small.x0, small.y0) == (0, 0)
    assert middle.scale == 1
    assert (middle.x0, middle.y0, middle.x1, middle.y1) == (74, 80, 427, 321)
    assert large.scale == pytest.approx(640 / 1599)
    assert beside.x1 < 9


def test_an_image_of_any_size_is_searched():
    found = PlateSearch().find(np.full((37, 51, 3), 128, np.uint8))
    assert found.quads.shape == (0, 4, 2)
    assert found.boxes.shape == (0, 4)


def test_the_weights_are_those_of_the_card():
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == SHA256
    assert SHA256 in WEIGHTS.with_suffix(".md").read_text(encoding="utf-8")
    assert WEIGHTS.stat().st_size <= 3 * 2**20


def test_unusable_weights_are_named_in_one_line(tmp_path):
    path = tmp_path / "mine.onnx"
    with pytest.raises(DetectorError, match=r"mine\.onnx: no such file"):
        PlateSearch(weights=path).load()
    path.write_bytes(WEIGHTS.read_bytes())
    with pytest.raises(DetectorError, match=rf"mine\.onnx: its sha256 is {SHA256}, expected 0+;"):
        PlateSearch(weights=path, sha256="0" * 64).load()
    path.write_bytes(b"no network at all")
    with pytest.raises(DetectorError, match=r"mine\.onnx: not an ONNX file") as caught:
        PlateSearch(weights=path).load()
    assert "\n" not in str(caught.value)
    with pytest.raises(DetectorError, match="one from image to plates is expected"):
        PlateSearch(weights=weights_file()).load()


def test_pixels_of_a_resized_view_are_those_of_the_frame():
    """A plate's place must not shift with the scale at which it is looked at."""
    flat = np.zeros((64, 64, 3), np.uint8)
    cv2.rectangle(flat, (20, 24), (43, 31), (255, 255, 255), -1)

    class Edges(PlateSearch):
        """Its network answers with the box of what is bright."""

        def load(self, threads=1):
            return self

        def run(self, _, feed):
            image = feed["image"][0, 0]
            rows, columns = np.nonzero(image > 127)
            x0, y0, x1, y1 = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            answer = np.zeros((1, 9, image.shape[0] // 4, image.shape[1] // 4), np.float32)
            row, column = (y0 + y1) // 8, (x0 + x1) // 8
            middle = (np.array((column, row)) + 0.5) * 4
            corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) - middle
            answer[0, 0, row, column] = 0.9
            answer[0, 1:, row, column] = corners.ravel()
            return [answer]

    expected = [[(20, 24), (44, 24), (44, 32), (20, 32)]]
    boxes = np.array([(16, 16, 48, 48)], float)
    for search, where, tolerance in (
        (Edges(second_look=False), None, 0.01),
        (Edges(second_look=False), boxes, 0.3),
        (Edges(), boxes, 0.3),
    ):
        np.testing.assert_allclose(search.find(flat, where).quads, expected, atol=tolerance)
