"""The diffusion model: its files, and inoptions."""

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LIBRARIES = ("diffusers", "transformers")
"""What has to be installed beside PyTorch."""


class InpaintingError(Exception):
    """A model that is missing or damaged, or a GPU that is too small: one line, for the user."""


@dataclass(frozen=True)
class InpaintingOptions:
    """What to paint, and how."""

    prompt: str = "photograph of the face of a person in a street"
    negative_prompt: str = ""
    size: int = 512
    """Side of the squares that the model paints, pixels: what it was trained with."""
    context: float = 3.0
    """Side of the square that is cut out around a face, relative to the face with its margin."""
    margin: float = 0.25
    """Enlargement of a face to each side, relative to its width and height."""
    steps: int = 30
    """Denoising steps."""
    guidance: float = 7.5
    """How closely the model follows the prompt."""
    strength: float = 1.0
    """1 starts from noise; less starts from the smooth colour that took the face's place."""
    batch: int = 8
    """Largest number of faces that are painted together; limits the memory."""


def missing_libraries() -> list[str]:
    """Those of `LIBRARIES` that are not installed."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def find_model(model: str, revision: str | None) -> Path:
    """The folder of a diffusers pipeline.

    Nothing is downloaded: a compute node may have no network.

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
    except (OSError, ValueError):  # not in the cache; no id
        option = f" --revision {revision}" if revision else ""
        raise InpaintingError(
            f"model: {model!r} is neither a folder nor a model in the local cache; fetch it once "
            f"with `hf download {model}{option}`"
        ) from None


class Inpainter:
    """A loaded inpainting pipeline. Threads take turns.

    On a GPU in half precision. On a CPU with one thread, since the number of threads would change
    the result; that takes minutes for a face with a model of the usual size.

    Raises:
        InpaintingError: as `find_model`, or the files are damaged or no inpainting pipeline.
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
        except Exception as error:  # of many kinds, for many kinds of damage
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InpaintingError(f"model: {folder} cannot be loaded ({reason})") from None
        if device == "cpu":
            torch.set_num_threads(1)
        if getattr(self._pipeline, "safety_checker", None) is not None:
            self._pipeline.safety_checker = None  # it paints black what it takes offence at
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
            options: what to paint, and how.

        Returns:
            Images of the same shape and type; None where the result is not finite.
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
