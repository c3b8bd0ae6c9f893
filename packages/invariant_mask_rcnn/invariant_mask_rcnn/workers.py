"""Worker processes of one training: their set-up, and what they agree on in every step."""

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
"""Option of `DistributedDataParallel`, which torch 2.15 renamed."""


def set_up_torch(threads: int, *, deterministic: bool, fast: bool = False) -> None:
    """Set the CPU threads of torch and OpenCV, and choose between fast and repeatable algorithms.

    Args:
        threads: CPU threads of this process. Sums depend on their number.
        deterministic: use only algorithms that repeat bit for bit. Costs nothing on CPUs; on GPUs
            it is slower.
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
    """Loss of one step, and what follows it: the same on all ranks.

    The numbers are on the device, since to read them is to wait for it (`readings`).
    """

    terms: tuple[str, ...]
    """Names of the terms of the loss."""
    loss: Tensor
    """(terms,) float64: loss over all workers' images."""
    counts: Tensor
    """(terms,) float64: divisor of each term; at least 1."""
    flags: Tensor
    """(2,) float64, not 0 if some worker was asked to stop, and if it is time to save the state."""


@dataclass(frozen=True)
class Worker:
    """This process among the workers of a training."""

    rank: int
    world_size: int
    device: torch.device

    @classmethod
    @contextlib.contextmanager
    def joined(
        cls, rank: int, world_size: int, rendezvous: Path, *, on_gpu: bool
    ) -> Iterator["Worker"]:
        """This process as a member of the process group, which ends with the context.

        Args:
            rank: of this process, 0 to `world_size` - 1.
            world_size: number of workers, all on this machine.
            rendezvous: file by which they find each other.
            on_gpu: compute on the first visible GPU; otherwise on the CPU.
        """
        # The connections stay on this machine, as the rendezvous file does.
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
            # With NCCL, destroying waits for the collective in which the other workers still are.
            # The launcher ends them when this worker has reported its error.
            if backend == "gloo":
                dist.destroy_process_group()
            raise
        dist.destroy_process_group()

    @property
    def is_rank_0(self) -> bool:
        """Whether this worker writes files and messages."""
        return self.rank == 0

    def data_parallel(self, module: nn.Module) -> DistributedDataParallel:
        """The module with its gradients averaged over the workers."""
        # Buffers are constant, or rank 0's are the ones that get saved.
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
            counts: divisors of the terms over the whole step, (terms,); or one for all of them.

        Returns:
            A differentiable scalar.
        """
        own = torch.stack([term.total for term in terms.values()])
        divisors = counts.to(own.dtype) if isinstance(counts, Tensor) else counts
        return (own / divisors).sum() * self.world_size

    def _sent(self, numbers: Sequence[float]) -> Tensor:
        """Some numbers as float32 on the device, which is not waited for."""
        sent = torch.tensor(numbers, dtype=torch.float32, pin_memory=self.device.type == "cuda")
        return sent.to(self.device, non_blocking=True)

    def gather(self, content: Any) -> list[Any]:
        """Every worker's `content`, by rank."""
        gathered: list[Any] = [None] * self.world_size
        dist.all_gather_object(gathered, content)
        return gathered
