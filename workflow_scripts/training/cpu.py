"""How torch and OpenCV use the processor."""

import cv2
import torch


def set_up_torch(threads: int, *, deterministic: bool) -> None:
    """Set the CPU threads, and ask for algorithms whose results repeat bit for bit.

    Args:
        threads: of this process. Sums depend on their number.
        deterministic: where the device allows it. On GPUs torchvision's RoIAlign would fall back
            to an implementation that needs many times the memory.
    """
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    torch.use_deterministic_algorithms(deterministic)
    torch.utils.deterministic.fill_uninitialized_memory = False
