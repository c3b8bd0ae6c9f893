"""New faces that are mixed from several people's, here from drawn ones."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
import pytest
from face_pictures import drawn_portrait, face, portrait
from natural_pii import (
    Donors,
    FallbackReason,
    LeftOut,
    Route,
    UnwrappedFace,
    anonymize,
    donors_of,
    unwrapped,
)
from natural_pii.faces.donors import LEAST
from natural_pii.faces.parts import HIGHEST, LOWEST, details_of, grey_of, masks, parts, plane, spot
from natural_pii.faces.pose import pose_of

PLAIN = False, False
FRONTAL = pose_of(face(40, 40, 60))


@lru_cache(maxsize=1)
def faces() -> list[UnwrappedFace]:
    return [unwrapped(*drawn_portrait(seed)) for seed in range(100)]


@lru_cache(maxsize=1)
def donors() -> Donors:
    return donors_of([[one] for one in faces()])[0]


def of_faces(which: np.ndarray) -> Donors:
    """Some of the donors, by number."""
    return Donors(*(values[which] for values in vars(replace(donors())).values()))


def whole() -> np.ndarray:
    """Numbers of the donors of whom every part is usable."""
    return np.flatnonzero(donors().usable.all(axis=1))


def written(some: Donors, file) -> bytes:
    some.write(file)
    return file.read_bytes()


def test_a_file_gives_the_same_donors_and_the_same_bytes(tmp_path):
    content = written(donors(), tmp_path / "one.npz")
    again = Donors.read(tmp_path / "one.npz")
    assert len(again) == len(donors()) >= LEAST
    assert not again.too_few
    new = (again.mixed(FRONTAL, PLAIN, np.random.default_rng(1)) for again in (again, donors()))
    np.testing.assert_array_equal(*new)
    assert written(again, tmp_path / "two.npz") == content


def test_files_that_are_none(tmp_path):
    few = of_faces(whole()[: LEAST - 1])
    few.write(tmp_path / "few.npz")
    other = replace(donors(), textures=donors().textures[:, :-1])
    other.write(tmp_path / "other.npz")
    damaged = bytearray((tmp_path / "few.npz").read_bytes())
    names = (int.from_bytes(damaged[at : at + 2], "little") for at in (26, 28))
    damaged[30 + sum(names)] = 7  # no kind of block that zlib knows
    for content, said in (
        (bytes(damaged), "it holds no donors"),
        (b"", "it holds no donors"),
        (b"PK\3\4 not whole", "it holds no donors"),
        ((tmp_path / "other.npz").read_bytes(), "its textures are not those of donors"),
        ((tmp_path / "few.npz").read_bytes(), f"usable eyes of {LEAST - 1} people"),
    ):
        with pytest.raises(ValueError, match=said):
            Donors.read(BytesIO(content))


def test_a_mixed_face_stays_in_its_box_and_follows_from_the_seed():
    region = face(40, 30, 40)
    image = portrait(region)
    new, (outcome,) = anonymize(image, [region], 1, donors=donors())
    assert outcome.route is Route.NATURAL
    x0, y0, x1, y1 = outcome.box
    outside = np.ones(image.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(new[outside], image[outside])
    again, other, drawn = (
        anonymize(image, [region], seed, donors=some)[0]
        for seed, some in ((1, donors()), (2, donors()), (1, None))
    )
    np.testing.assert_array_equal(again, new)
    assert (other != new).any()
    assert (drawn != new).any()


@pytest.mark.parametrize("count", [0, 1, LEAST - 1])
def test_too_few_people_are_never_mixed(count):
    few = of_faces(whole()[:count])
    region = face(40, 30, 40)
    with pytest.raises(ValueError, match=f"donors: usable eyes of {count} people; at least 30 are"):
        anonymize(portrait(region), [region], 1, donors=few)


def test_a_mixed_face_is_none_of_its_donors():
    between = masks()[:-1].sum(axis=0) > 0.5
    known = [details_of(grey_of(one.texture))[between] for one in faces()]
    highest = []
    for seed in range(150):
        new = donors().mixed(FRONTAL, PLAIN, np.random.default_rng(seed))
        details = details_of(grey_of(new))[between]
        highest.append(max(np.corrcoef(details, one)[0, 1] for one in known))
    assert max(highest) < 0.95


def test_one_new_face_has_one_face_of_each_donor():
    twice = donors_of([[one, one] for one in faces()])[0]
    assert len(twice) == 2 * len(np.unique(twice.people))
    for part in range(len(parts())):
        near = twice._near(FRONTAL, PLAIN, part)
        assert len(np.unique(twice.people[near % len(twice)])) == len(near)
        assert twice.usable[near % len(twice), part].all()


def test_a_new_face_remains_about_the_same_when_the_head_turns_a_little():
    count = len(donors())
    fitting = replace(donors(), traits=np.zeros((count, 2), bool), units=np.full(count, 50.0))

    def features(yaw: float, seed: int) -> np.ndarray:
        pose = replace(FRONTAL, yaw=yaw)
        new = fitting.mixed(pose, PLAIN, np.random.default_rng(seed))
        return (details_of(grey_of(new)) * (1 - masks()[-1])).ravel()

    first, second = (np.array([features(yaw, seed) for seed in range(12)]) for yaw in (0.2, 0.22))
    usual = first.mean(axis=0)
    alike = np.corrcoef(first - usual, second - usual)[:12, 12:]
    assert alike.diagonal().mean() > 0.9
    assert alike[~np.eye(12, dtype=bool)].mean() < 0.2


def test_a_person_with_many_photographs_is_never_mixed_alone():
    """Though no photograph of the others fits as well."""
    some = of_faces(np.append(np.full(40, whole()[0]), whole()[1:]))
    fits = some.people == some.people[0]
    poses = np.repeat(np.where(fits, 0, 0.4)[:, None], 2, axis=1).astype(np.float32)
    some = replace(some, traits=fits[:, None] * np.array([True, False]), poses=poses)
    near = some._near(replace(FRONTAL, yaw=0.0, pitch=0.0), (True, False), 0)
    assert len(np.unique(some.people[near % len(some)])) == len(near) >= 3


def test_eyes_mouth_and_nose_are_those_of_three_people():
    """Each donor has a brightness of its own, which tells whose a part is."""
    some = of_faces(whole()[:50])
    levels = np.arange(len(some), dtype=np.uint8) * 5
    some = replace(some, textures=np.ones_like(some.textures) * levels[:, None, None, None])
    found = set()
    for seed in range(150):
        face = some.mixed(FRONTAL, PLAIN, np.random.default_rng(seed))
        shades = (face - LOWEST) / (HIGHEST - LOWEST) * 51
        eyes, mouth, nose = (float(shades[..., 0].flat[mask.argmax()]) for mask in masks()[:3])
        np.testing.assert_allclose((eyes, mouth), np.round((eyes, mouth)), atol=0.05)
        # The nose is narrow: the skin beside it counts a little.
        assert min(abs(eyes - mouth), abs(eyes - nose), abs(mouth - nose)) > 0.4
        found |= {round(eyes), round(mouth)}
    assert len(found) > 10


@pytest.mark.parametrize("traits", [(True, False), (False, True)])
def test_donors_have_the_traits_of_the_old_head(traits):
    """If there are enough of them; otherwise others follow."""
    often, rarely = (np.arange(len(donors())) % every == 0 for every in (2, 20))
    for fits, alone in ((often, True), (rarely, False)):
        some = replace(donors(), traits=fits[:, None] * np.array(traits))
        near = some._near(FRONTAL, traits, 0) % len(some)
        assert fits[near].all() == alone
        assert fits[near].any()
        assert len(near) >= 12


def test_donors_who_look_the_other_way_are_mirrored():
    turned = replace(donors(), poses=np.full_like(donors().poses, 0.4))
    for yaw, mirrored in ((0.4, False), (-0.4, True)):
        near = turned._near(replace(FRONTAL, yaw=yaw), PLAIN, 0)
        assert ((near >= len(turned)) == mirrored).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: replace(one, yaw=0.8), "turned away"),
        (lambda one: replace(one, texture=one.texture / 10), "blurred"),
    ],
)
def test_faces_that_would_spoil_new_ones_are_left_out(change, reason):
    found, left_out, changed = with_changes(change)
    assert not {*changed} & {*found.people}
    assert left_out[reason] == 5


@pytest.mark.parametrize(
    ("change", "part", "reason"),
    [
        (lambda texture: texture * (1 - 2 * on("mouth")), "mouth", "mouths unlike the others"),
        (lambda texture: texture * (1 - 2 * on("nose")), "nose", "noses unlike the others"),
        (lambda texture: texture - 0.7 * bridge_of_glasses(), "eyes", "eyes with glasses"),
        (lambda texture: texture - 0.7 * bridge_of_glasses(), "nose", "noses with glasses"),
        (lambda texture: texture - 0.5 * fringe(), "eyes", "eyes under hair"),
        (lambda texture: texture - 1.2 * strand(), "eyes", "eyes under hair"),
        (lambda texture: texture * (1 - 0.7 * pupils()), "eyes", "closed eyes"),
        (lambda texture: texture - 0.8 * on("mouth"), "mouth", "bearded mouths"),
        (lambda texture: texture + 0.6 * (one_side() * on("mouth")), "mouth", "lopsided mouths"),
    ],
)
def test_parts_that_would_spoil_new_faces_are_left_out(change, part, reason):
    """The other parts of these faces are used."""
    found, left_out, changed = with_changes(lambda one: replace(one, texture=change(one.texture)))
    (number,) = (number for number, one in enumerate(parts()) if one.name == part)
    is_changed = np.isin(found.people, changed)
    assert not found.usable[is_changed, number].any()
    assert found.usable[is_changed].any()
    assert left_out[reason] > 0


def reasons_in(left_out: LeftOut) -> Counter[str]:
    return left_out.faces + left_out.parts


def with_changes(change) -> tuple[Donors, Counter[str], np.ndarray]:
    """Donors of whom five are changed before, what is left out, and these five people."""
    changed = donors().people[whole()[:5]]
    some = list(faces())
    for number in changed:
        some[number] = change(some[number])
    found, left_out = donors_of([[one] for one in some])
    before = donors_of([[one] for one in faces()])[1]
    return found, reasons_in(left_out) - reasons_in(before), changed


def test_parts_have_about_the_same_contrast():
    """One person wears make-up, another one stands in haze."""
    strong, weak = whole()[:2]
    some = list(faces())
    for number, factor in ((strong, 1.6), (weak, 0.7)):
        person = donors().people[number]
        some[person] = replace(some[person], texture=some[person].texture * factor)
    found, _ = donors_of([[one] for one in some])
    contrasts = [
        float((details_of(grey_of(texture.astype(np.float32))) * on("eyes")[..., 0]).std())
        for texture, usable in zip(found.textures, found.usable, strict=True)
        if usable[0]
    ]
    assert max(contrasts) < 1.35 * np.median(contrasts)
    assert min(contrasts) > np.median(contrasts) / 1.35


def test_copies_of_a_photograph_count_as_one_person():
    """Also brighter, grainy or mirrored ones; several photographs of one person are kept."""
    rng = np.random.default_rng(1)
    number = int(donors().people[0])
    texture = faces()[number].texture
    changed = (
        texture,
        0.9 * texture + 0.1,
        texture + rng.normal(0, 0.05, texture.shape).astype(np.float32),
        texture[:, ::-1],
    )
    copies = [replace(faces()[number], texture=one) for one in changed]
    before = donors_of([[one] for one in faces()])[1]
    found, left_out = donors_of([*([one] for one in faces()), *([one] for one in copies)])
    assert left_out.faces["copies of another photograph"] == len(copies)
    assert "copies of another photograph" not in before.faces
    assert found.people.max() < len(faces())
    alone, _ = donors_of([[one] for one in [faces()[number]] * 2 * LEAST])
    assert len(alone) == 1


def test_each_face_and_part_is_used_or_counted_once():
    some = list(faces())
    some[0] = replace(some[0], yaw=2.0)
    some[1] = replace(some[1], texture=np.zeros_like(some[1].texture))
    found, left_out = donors_of([[one] for one in some])
    assert len(found) + left_out.faces.total() == len(some)
    assert found.usable.sum() + left_out.parts.total() == found.usable.size


def on(part: str) -> np.ndarray:
    """1 on a part of a face, (height, width, 1)."""
    (support,) = (one.support for one in parts() if one.name == part)
    return support[..., None]


def bridge_of_glasses() -> np.ndarray:
    """1 on a thin line between the eyes, (height, width, 1)."""
    return spot(0, -0.1, 0.5, 0.1)[..., None]


def strand() -> np.ndarray:
    """1 on a thin line across both brows, (height, width, 1)."""
    return spot(1.2, -1.0, 0.12, 0.5)[..., None]


def pupils() -> np.ndarray:
    """1 on the pupils and beside them, (height, width, 1)."""
    return spot(1.0, -0.05, 0.35, 0.3)[..., None]


def one_side() -> np.ndarray:
    """1 on the viewer's right, (height, width, 1)."""
    return np.broadcast_to(plane().u > 0, plane().shape)[..., None]


def fringe() -> np.ndarray:
    """1 above the brows, (height, width, 1)."""
    return spot(0.9, -1.2, 0.9, 0.3)[..., None]


def test_parts_are_moved_to_their_place():
    down = np.array([[1, 0, 0], [0, 1, 2]], np.float32)
    number = int(donors().people[0])
    some = list(faces())
    texture = cv2.warpAffine(some[number].texture, down, some[number].texture.shape[1::-1])
    some[number] = replace(some[number], texture=texture)
    found = donors_of([[one] for one in some])[0]
    eyes = on("eyes")[..., 0]
    known, again = (
        (details_of(grey_of(one.textures[one.people == number][0] / 90.0)) * eyes).ravel()
        for one in (donors(), found)
    )
    shifted = (details_of(grey_of(texture)) * eyes).ravel()
    assert np.corrcoef(known, again)[0, 1] > np.corrcoef(known, shifted)[0, 1] + 0.1


def test_what_is_covered_or_turned_away_is_not_laid_out():
    image, region = drawn_portrait(1)
    assert isinstance(unwrapped(image, region), UnwrappedFace)
    blue = np.full_like(image, (60, 90, 160))
    assert unwrapped(blue, region) is FallbackReason.NO_SKIN
    assert unwrapped(image, face(40, 40, 80, lead=0.5)) is FallbackReason.TURNED_AWAY
