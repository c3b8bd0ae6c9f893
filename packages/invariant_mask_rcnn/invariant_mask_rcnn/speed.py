"""Differences of fast training from exact training: half precision, TF32, compiled parts."""

from collections.abc import Callable
from typing import Any

import torch
import torch._dynamo
from torch import nn


def set_up_speed(*, fast: bool) -> None:
    """Choose between PyTorch's default precision and algorithms, and the fastest ones.

    Fast training multiplies float32 matrices in TF32 if the device can, and times the algorithms of
    each convolution. Exact training keeps PyTorch's defaults, as detectron2 does: float32
    convolutions use TF32 on GPUs that have it.
    """
    torch.set_float32_matmul_precision("high" if fast else "highest")
    torch.backends.cudnn.benchmark = fast


def half_precision(device: torch.device) -> torch.dtype:
    """Half precision of a device: bfloat16, or float16 on GPUs that only emulate bfloat16."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float16
    return torch.bfloat16


def compile_part(
    part: nn.Module, device: torch.device, compiler: str | Callable[..., Any] = "inductor"
) -> str | None:
    """Have a part of a model, such as its backbone, compiled at its first call.

    Its parameters keep their names. Image sizes are variables of the compiled program.

    Args:
        part: part of a model that is on the device.
        device: device of the computation.
        compiler: backend of `torch.compile`.

    Returns:
        None; or the reason in one line if nothing can be compiled here, and the part is unchanged.
    """
    try:
        # A single kernel reveals a missing or broken compiler.
        kernel = torch.compile(torch.square, backend=compiler)
        kernel(torch.ones(2, device=device, requires_grad=True)).sum().backward()
    except Exception as error:  # of many types: from the compiler, Triton or the system
        return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
    # Anything that cannot be compiled runs uncompiled, with a warning by torch.
    torch._dynamo.config.suppress_errors = True
    part.compile(dynamic=True, backend=compiler)
    return None
