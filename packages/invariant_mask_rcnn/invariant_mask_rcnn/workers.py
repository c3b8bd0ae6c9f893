"""Worker processes of a training run: their set-up, and their agreement in every step."""

import contextlib
import inspect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .loss_term import LossTerm
from .repeatable import use_repeatable_roi_align
from .speed import set_up_speed

_SYNC_BUFFERS = (
    "forward_sync_buffers"
    if "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
    else "broadcast_buffers"
)
"""Option of `DistributedDataParallel`, renamed in torch 2.15."""


def set_up_torch(threads: int, *, deterministic: bool, fast: bool = False) -> None:
    """Set the CPU threads of torch and OpenCV, and choose between fast and repeatable algorithms.

    Args:
        threads: CPU threads of this process. Sums depend on their number.
        deterministic: use only algorithms that repeat bit for bit. This costs nothing on CPUs and
            is slower on GPUs.
        fast: compute as fast as the device can; see `speed`.
    """
    if deterministic:
        # cuBLAS reads this when CUDA starts; torch refuses to compute without it.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    torch.use_deterministic_algorithms(deterministic)
    if deterministic:
        use_repeatable_roi_align()
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    set_up_speed(fast=fast)


@dataclass(frozen=True)
class StepAgreement:
    """Loss of one step and the resulting decisions; the same on all ranks.

    The numbers are on the device, since reading them requires waiting for it (`readings`).
    """

    terms: tuple[str, ...]
    """Names of the terms of the loss."""
    loss: Tensor
    """(terms,) float64: loss over all workers' images."""
    counts: Tensor
    """(terms,) float64: divisor of each term; at least 1."""
    flags: Tensor
    """(2,) float64, nonzero if a worker was asked to stop, and if it is time to save the state."""


@dataclass(frozen=True)
class Worker:
    """This process as one of the workers of a training run."""

    rank: int
    world_size: int
    device: torch.device

    @classmethod
    @contextlib.contextmanager
    def joined(
        cls, rank: int, world_size: int, rendezvous: Path, *, on_gpu: bool
    ) -> Iterator["Worker"]:
        """Membership of this process in the process group, which ends with the context.

        Args:
            rank: rank of this process, 0 to `world_size` - 1.
            world_size: number of workers, all on this machine.
            rendezvous: file by which they find each other.
            on_gpu: compute on the first visible GPU; otherwise on the CPU.
        """
        # The connections are local to this machine, like the rendezvous file.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        device = torch.device("cuda", 0) if on_gpu else torch.device("cpu")
        backend = "nccl" if on_gpu else "gloo"
        dist.init_process_group(
            backend,
            init_method=f"file://{rendezvous.absolute()}",
            rank=rank,
            world_size=world_size,
        )
        try:
            yield cls(rank, world_size, device)
        except BaseException:
            # With NCCL, destroying waits for the collective that the other workers are still in.
            # The launcher terminates them after this worker has reported its error.
            if backend == "gloo":
                dist.destroy_process_group()
            raise
        dist.destroy_process_group()

    @property
    def is_rank_0(self) -> bool:
        """Whether this worker writes files and messages."""
        return self.rank == 0

    def data_parallel(self, module: nn.Module) -> DistributedDataParallel:
        """Module whose gradients are averaged over the workers."""
        # Buffers are constant, or only those of rank 0 are saved.
        options: dict[str, Any] = {_SYNC_BUFFERS: False}
        device_ids = [0] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids, **options)

    def agree(self, terms: dict[str, LossTerm], *, stop: bool, save: bool) -> StepAgreement:
        """Average the loss over all workers' images, and decide together.

        Args:
            terms: terms of the loss on this worker's images.
            stop: whether this worker was asked to stop.
            save: whether it is time to save, by this worker's clock; only rank 0's counts.
        """
        totals = torch.stack([term.total.detach().float() for term in terms.values()])
        numbers = [term.count for term in terms.values()]
        shared = torch.cat((totals, self._sent([*numbers, stop, save and self.is_rank_0]))).double()
        dist.all_reduce(shared)
        totals, counts, flags = shared.split([len(terms), len(terms), 2])
        counts = counts.clamp(min=1)
        return StepAgreement(tuple(terms), totals / counts, counts, flags)

    def loss_to_differentiate(self, terms: dict[str, LossTerm], counts: Tensor | float) -> Tensor:
        """This worker's part of the loss times the world size, since gradients are averaged.

        Args:
            terms: terms of the loss on some or all of this worker's images.
            counts: divisors of the terms over the whole step, (terms,); or one for all terms.

        Returns:
            A differentiable scalar.
        """
        own = torch.stack([term.total for term in terms.values()])
        divisors = counts.to(own.dtype) if isinstance(counts, Tensor) else counts
        return (own / divisors).sum() * self.world_size

    def _sent(self, numbers: Sequence[float]) -> Tensor:
        """Numbers as float32 on the device, transferred without waiting."""
        sent = torch.tensor(numbers, dtype=torch.float32, pin_memory=self.device.type == "cuda")
        return sent.to(self.device, non_blocking=True)

    def gather(self, content: Any) -> list[Any]:
        """Contents of all workers, by rank."""
        gathered: list[Any] = [None] * self.world_size
        dist.all_gather_object(gathered, content)
        return gathered
