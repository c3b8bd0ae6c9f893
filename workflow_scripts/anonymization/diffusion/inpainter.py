"""The diffusion model: its files, and inpainting."""

import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workflow_scripts.common.errors import UserError

LIBRARIES = ("diffusers", "transformers")


@dataclass(frozen=True)
class InpaintingOptions:
    """Options of the pipeline."""

    prompt: str
    negative_prompt: str
    steps: int
    guidance: float
    strength: float


def find_model(model: str, revision: str | None) -> Path:
    """The folder of a diffusers pipeline.

    Nothing is downloaded: a compute node may have no network, and the fetched files would not be
    part of the experiment.

    Args:
        model: a folder, or a model id whose files are in the local cache.
        revision: branch, tag or commit of a model id.

    Raises:
        UserError: the libraries or the files are missing.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"method diffusion needs {' and '.join(missing)}, not installed here; install the "
            "extra `diffusion` of pyproject.toml, or use --software-deployment-method conda"
        )
    folder = Path(model)
    if not folder.is_dir():
        folder = _cached(model, revision)
    if not (folder / "model_index.json").is_file():
        raise UserError(f"model: {folder} has no model_index.json; it is no diffusers pipeline")
    return folder


def _cached(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - comes with diffusers

    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (OSError, ValueError):  # not in the cache; no id
        option = f" --revision {revision}" if revision else ""
        raise UserError(
            f"model: {model!r} is neither a folder nor a model in the local cache; fetch it once "
            f"with `hf download {model}{option}`"
        ) from None


class Inpainter:
    """A loaded inpainting pipeline. Threads take turns.

    On a GPU in half precision. On a CPU with one thread, since the number of threads would change
    the result; that takes minutes for a face with a model of the usual size.

    Raises:
        UserError: as `find_model`, or the files are damaged or no inpainting pipeline.
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
            raise UserError(f"model: {folder} cannot be loaded ({reason})") from None
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
        painting: InpaintingOptions,
    ) -> list[np.ndarray | None]:
        """Inpaint the masked pixels of each image.

        Args:
            images: (size, size, 3) uint8 RGB each.
            masks: (size, size) bool each.
            seeds: below 2**63, one each.
            painting: prompt and other options.

        Returns:
            Images of the same shape and type; None where the result is not finite.
        """
        size = images[0].shape[0]
        options = {"prompt": [painting.prompt] * len(images)}
        if painting.negative_prompt:
            options["negative_prompt"] = [painting.negative_prompt] * len(images)
        # Numbers drawn on the CPU are the same with every GPU.
        generators = [self._torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        try:
            with self._turn, self._torch.inference_mode():
                painted = self._pipeline(
                    **options,
                    image=[Image.fromarray(image) for image in images],
                    mask_image=[Image.fromarray(mask.astype(np.uint8) * 255) for mask in masks],
                    height=size,
                    width=size,
                    num_inference_steps=painting.steps,
                    guidance_scale=painting.guidance,
                    strength=painting.strength,
                    generator=generators,
                    output_type="np",
                ).images
        except self._torch.cuda.OutOfMemoryError:
            raise UserError(
                f"batch: {len(images)} faces at a time need more memory than the GPU has; "
                "take fewer"
            ) from None
        return [
            np.round(np.clip(one, 0, 1) * 255).astype(np.uint8) if np.isfinite(one).all() else None
            for one in painted
        ]
