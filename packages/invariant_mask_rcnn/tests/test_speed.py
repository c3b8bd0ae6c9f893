"""What a fast training does otherwise."""

import shutil

import pytest
import torch
from invariant_mask_rcnn.models import build_tiny
from invariant_mask_rcnn.speed import compile_part, half_precision, set_up_speed
from torch import nn


def test_speed_is_set_and_taken_back():
    set_up_speed(fast=True)
    assert torch.get_float32_matmul_precision() == "high"
    assert torch.backends.cudnn.benchmark
    set_up_speed(fast=False)
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize(
    ("emulated_only", "expected"), [(False, torch.bfloat16), (True, torch.float16)]
)
def test_half_precision_is_what_the_gpu_computes_in(monkeypatch, emulated_only, expected):
    def is_supported(including_emulation=True):
        return including_emulation or not emulated_only

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert half_precision(torch.device("cuda")) is expected
    assert half_precision(torch.device("cpu")) is torch.bfloat16


@pytest.mark.slow
def test_a_kernel_is_compiled_where_there_is_a_compiler():
    if shutil.which("g++") is None:
        pytest.skip("no C++ compiler")
    part = nn.Conv2d(3, 4, 3)
    assert compile_part(part, torch.device("cpu")) is None
    assert part._compiled_call_impl is not None


@pytest.mark.slow
def test_a_backbone_is_traced_once_for_all_sizes_and_keeps_its_names(monkeypatch):
    """What comes before kernels are made, which takes minutes on a CPU."""
    monkeypatch.setattr(torch._dynamo.config, "suppress_errors", False)  # restored in the end
    torch.manual_seed(0)
    part = build_tiny(2, pretrained=False).backbone
    names, programs = list(part.state_dict()), []
    images = [torch.randn(2, 3, side, 2 * side) for side in (64, 96, 128)]
    expected = [part(image)["0"] for image in images]

    def counted(program, example):
        programs.append(program)
        return program

    assert compile_part(part, torch.device("cpu"), counted) is None
    torch._dynamo.config.suppress_errors = False
    programs.clear()
    for image, usual in zip(images, expected, strict=True):
        torch.testing.assert_close(part(image)["0"], usual)
    assert len(programs) == 1
    assert list(part.state_dict()) == names


def test_a_missing_compiler_is_told_in_one_line(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no compiler\nfound")

    monkeypatch.setattr(torch, "compile", broken)
    part = nn.Conv2d(3, 4, 3)
    assert compile_part(part, torch.device("cpu")) == "RuntimeError: no compiler found"
    assert part._compiled_call_impl is None
