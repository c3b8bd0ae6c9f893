"""How torch and OpenCV use the processor."""

import os

import cv2
import torch


def set_up_torch(threads: int, *, deterministic: bool) -> None:
    """Set the CPU threads, and ask for algorithms whose results repeat bit for bit.

    Args:
        threads: of this process. Sums depend on their number.
        deterministic: costs nothing on CPUs. On GPUs it is slower, and RoIAlign falls back to an
            implementation that needs many times the memory.
    """
    if deterministic:
        # cuBLAS reads it when CUDA starts; without it torch refuses.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    torch.use_deterministic_algorithms(deterministic)
    torch.utils.deterministic.fill_uninitialized_memory = False
