"""Images as RT-DETR reads them."""

import os
from pathlib import Path

# Nothing is downloaded: the model comes from a config, or from a folder.
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}

import torch
from PIL import Image
from torchvision.transforms.v2 import functional

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZE = (128, 256)
"""Height and width that images are resized to, pixels; for photographs, (640, 640)."""


def tensor_of(path: Path) -> torch.Tensor:
    """An image as (3, height, width) float32, normalised."""
    with Image.open(path) as image:
        pixels = functional.to_dtype(functional.pil_to_tensor(image.convert("RGB")), scale=True)
    return functional.normalize(functional.resize(pixels, list(SIZE)), MEAN, DEVIATION)
