"""The diffusion model: its files, and inpainting with it."""

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LIBRARIES = ("diffusers", "transformers")
"""Required libraries besides PyTorch."""


class InpaintingError(Exception):
    """A missing or damaged model, or a GPU with too little memory; the message is one line."""


@dataclass(frozen=True)
class InpaintingOptions:
    """Prompt and parameters of the inpainting."""

    prompt: str = "photograph of the face of a person in a street"
    negative_prompt: str = ""
    size: int = 512
    """Side of the squares that the model paints, pixels, as in its training."""
    context: float = 3.0
    """Side of the square that is cropped around a face, relative to the face with its margin."""
    margin: float = 0.25
    """Margin on each side of a face, relative to its width and height."""
    steps: int = 30
    """Number of denoising steps."""
    guidance: float = 7.5
    """Classifier-free guidance scale: how closely the model follows the prompt."""
    strength: float = 1.0
    """Share of noise at the start: 1 starts from noise, less from the smooth filling."""
    batch: int = 8
    """Largest number of faces painted together; limits memory use."""


def missing_libraries() -> list[str]:
    """Names of the `LIBRARIES` that are not installed."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def find_model(model: str, revision: str | None) -> Path:
    """Folder of a diffusers pipeline.

    Nothing is downloaded, since a compute node may have no network.

    Args:
        model: a folder, or a model id whose files are in the local cache.
        revision: branch, tag or commit of a model id.

    Raises:
        InpaintingError: the files are missing.
    """
    folder = Path(model)
    if not folder.is_dir():
        folder = _cached(model, revision)
    if not (folder / "model_index.json").is_file():
        raise InpaintingError(
            f"model: {folder} has no model_index.json; it is no diffusers pipeline"
        )
    return folder


def _cached(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - comes with diffusers

    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (OSError, ValueError):  # not in the cache, or not an id
        option = f" --revision {revision}" if revision else ""
        raise InpaintingError(
            f"model: {model!r} is neither a folder nor a model in the local cache; fetch it once "
            f"with `hf download {model}{option}`"
        ) from None


class Inpainter:
    """Loaded inpainting pipeline. Threads take turns.

    On a GPU, it uses half precision. On a CPU, it uses one thread, since the number of threads
    would change the result, and takes minutes per face with a model of the usual size.

    Raises:
        InpaintingError: see `find_model`; or the files are damaged or not an inpainting pipeline.
    """

    def __init__(self, model: str, revision: str | None) -> None:
        folder = find_model(model, revision)
        import diffusers  # noqa: PLC0415 - optional, and takes seconds
        import torch  # noqa: PLC0415
        import transformers  # noqa: PLC0415

        for library in (diffusers, transformers):
            library.utils.logging.set_verbosity_error()
            library.utils.logging.disable_progress_bar()
        self._torch = torch
        device = "cuda" if torch.cuda.is_available() else "cpu"
        precision = torch.float16 if device == "cuda" else torch.float32
        try:
            self._pipeline: Any = diffusers.AutoPipelineForInpainting.from_pretrained(
                folder, dtype=precision, local_files_only=True
            ).to(device)
        except Exception as error:  # of many types, depending on the damage
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InpaintingError(f"model: {folder} cannot be loaded ({reason})") from None
        if device == "cpu":
            torch.set_num_threads(1)
        if getattr(self._pipeline, "safety_checker", None) is not None:
            self._pipeline.safety_checker = None  # it returns black images for what it rejects
        self._pipeline.set_progress_bar_config(disable=True)
        self._turn = threading.Lock()

    def paint(
        self,
        images: Sequence[np.ndarray],
        masks: Sequence[np.ndarray],
        seeds: Sequence[int],
        options: InpaintingOptions,
    ) -> list[np.ndarray | None]:
        """Inpaint the masked pixels of each image.

        Args:
            images: (size, size, 3) uint8 RGB each.
            masks: (size, size) bool each.
            seeds: below 2**63, one each.
            options: prompt and parameters.

        Returns:
            Images of the same shape and type; None if the result is not finite.
        """
        size = images[0].shape[0]
        prompts = {"prompt": [options.prompt] * len(images)}
        if options.negative_prompt:
            prompts["negative_prompt"] = [options.negative_prompt] * len(images)
        # Numbers drawn on the CPU are the same with every GPU.
        generators = [self._torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        try:
            with self._turn, self._torch.inference_mode():
                painted = self._pipeline(
                    **prompts,
                    image=[Image.fromarray(image) for image in images],
                    mask_image=[Image.fromarray(mask.astype(np.uint8) * 255) for mask in masks],
                    height=size,
                    width=size,
                    num_inference_steps=options.steps,
                    guidance_scale=options.guidance,
                    strength=options.strength,
                    generator=generators,
                    output_type="np",
                ).images
        except self._torch.cuda.OutOfMemoryError:
            raise InpaintingError(
                f"batch: {len(images)} faces at a time need more memory than the GPU has; "
                "take fewer"
            ) from None
        return [
            np.round(np.clip(one, 0, 1) * 255).astype(np.uint8) if np.isfinite(one).all() else None
            for one in painted
        ]
