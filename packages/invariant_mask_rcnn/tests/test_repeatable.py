"""RoIAlign with a repeatable gradient, against torchvision's compiled operator."""

import sys

import pytest
import torch
from invariant_mask_rcnn.repeatable import repeatable_roi_align, use_repeatable_roi_align
from torchvision.ops import roi_align


def boxes(count: int) -> torch.Tensor:
    """Boxes on two images of 96x64 pixels; some reach beyond them, some are tiny."""
    random = torch.Generator().manual_seed(0)
    corner = torch.rand(count, 2, generator=random) * torch.tensor([100.0, 70.0]) - 8
    size = torch.rand(count, 2, generator=random) ** 3 * torch.tensor([110.0, 80.0])
    image = torch.arange(count)[:, None] % 2
    return torch.cat((image, corner, corner + size), dim=1)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("ratio", [0, 2])
@pytest.mark.parametrize("scale", [0.25, 0.0625])
def test_values_and_gradients_are_those_of_the_compiled_operator(aligned, ratio, scale):
    random = torch.Generator().manual_seed(1)
    shape = (2, 3, int(64 * scale), int(96 * scale))
    features = torch.randn(shape, generator=random, dtype=torch.float64, requires_grad=True)
    regions = boxes(70).double()
    weight = torch.randn(70, 3, 7, 5, generator=random, dtype=torch.float64)
    usual = roi_align(features, regions, (7, 5), scale, ratio, aligned)
    (expected,) = torch.autograd.grad((usual * weight).sum(), features)
    ours = repeatable_roi_align(features, regions, scale, 7, 5, ratio, aligned)
    (found,) = torch.autograd.grad((ours * weight).sum(), features)
    assert torch.equal(ours, usual)
    assert expected.abs().max() > 1
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_no_box_gives_no_gradient():
    features = torch.ones(1, 2, 8, 8, requires_grad=True)
    found = repeatable_roi_align(features, torch.zeros(0, 5), 1.0, 7, 7, 0, True)
    assert found.shape == (0, 2, 7, 7)
    found.sum().backward()
    assert features.grad is not None
    assert not features.grad.any()


def test_torchvision_takes_it_where_the_gradient_has_to_repeat(monkeypatch):
    module = sys.modules["torchvision.ops.roi_align"]
    for name in ("_roi_align", "is_compile_supported"):
        monkeypatch.setattr(module, name, getattr(module, name))
    use_repeatable_roi_align()
    # What torchvision asks before it takes the substitute; there is no GPU here.
    monkeypatch.setattr(module, "_has_ops", lambda: False)
    features = torch.randn(1, 2, 16, 16, requires_grad=True)
    found = roi_align(features, torch.tensor([[0.0, 1, 1, 9, 12]]), (3, 3), 1.0, 0, True)
    assert type(found.grad_fn).__name__ == "_RepeatableRoIAlignBackward"
