"""What the attack by restoration assumes about blur and pixelation is what they do."""

import numpy as np
import pytest
from identity_attacks.evidence import NotPossibleError
from identity_attacks.restoration import restored
from plain_commands.errors import UserError

from workflow_scripts.anonymization import variants
from workflow_scripts.anonymization.methods.blur import Blur
from workflow_scripts.anonymization.methods.pixelate import Pixelate
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.privacy.attacks.restoration import OTHERS, operator_of
from workflow_scripts.privacy.evidence import cut

METHODS = [
    Blur(strength=0.1),
    Blur(strength=0.3, margin=0.1, shape="box"),
    Blur(strength=0.5, margin=0.8),
    Pixelate(strength=0.125),
    Pixelate(strength=0.25, margin=0, shape="box"),
]


def drawn() -> np.ndarray:
    """A frame of smooth colours, (300, 400, 3)."""
    y, x = np.mgrid[:300, :400]
    waves = [np.sin(x / 7 + k) + np.sin(y / 9 - k) + np.sin((x + y) / 23) for k in range(3)]
    return np.clip(128 + 40 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("box", [(150.3, 100.7, 214.9, 190.2), (1.5, 240.1, 71.2, 310.0)])
def test_the_operator_is_what_the_method_does(method, box):
    frame = drawn()
    region = Region("a.png", Kind.FACE, 1.0, *box)
    treated, _ = method.anonymize(picture_of(frame, [region]), np.random.default_rng(0))
    operator = operator_of(method.model_dump(mode="json"))
    old, new = cut(frame, region), cut(treated, region)
    mask = operator.area.mask(new)
    changed = (old.pixels != new.pixels).any(axis=-1)
    assert not (changed & ~mask).any()
    assert changed[mask].mean() > 0.9
    result = restored(new, operator)
    assert (result.pixels[~mask] == old.pixels[~mask]).all()
    errors = [
        np.mean((one.pixels[mask].astype(float) - old.pixels[mask]) ** 2) for one in (result, new)
    ]
    assert errors[0] < errors[1]


def test_what_cannot_be_undone():
    assert operator_of({"method": "unmodified"}) is None
    with pytest.raises(NotPossibleError, match="undoes the methods blur and pixelate, and this is"):
        operator_of({"method": "blackbox"})
    with pytest.raises(NotPossibleError, match=r"with margin 1\.5"):
        operator_of(Blur(margin=1.5).model_dump(mode="json"))
    with pytest.raises(UserError, match="settings of blur lack strength, margin, shape"):
        operator_of({"method": "blur"})


@pytest.mark.parametrize("name", ["command", "precomputed", "a_method_of_ones_own"])
def test_what_a_program_does_is_not_known(name):
    with pytest.raises(NotPossibleError) as raised:
        operator_of({"method": name})
    said = str(raised.value)
    assert f"what the method {name} does to a face is not known, so undoing it was not" in said
    assert "attack a variant of the method blur or pixelate with the same strength" in said


def test_each_method_is_undone_or_another_one_or_makes_no_images():
    told = {one.model_fields["method"].default for one in variants.METHODS if one.makes_images}
    assert {"blur", "pixelate", *OTHERS} == told
