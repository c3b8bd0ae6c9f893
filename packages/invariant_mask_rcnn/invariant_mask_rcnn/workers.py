"""Worker processes of one training: their set-up, and what they agree on in every step."""

import contextlib
import inspect
import os
from collections.abc import Iterator
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

_SYNC_BUFFERS = (
    "forward_sync_buffers"
    if "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
    else "broadcast_buffers"
)
"""Option of `DistributedDataParallel`, which torch 2.15 renamed."""


def set_up_torch(threads: int, *, deterministic: bool) -> None:
    """Set the CPU threads of torch and OpenCV, and choose between fast and repeatable algorithms.

    Args:
        threads: CPU threads of this process. Sums depend on their number.
        deterministic: use only algorithms that repeat bit for bit. Costs nothing on CPUs; on GPUs
            it is slower.
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


@dataclass(frozen=True)
class StepAgreement:
    """Loss of one step, and what follows it: the same on all ranks."""

    loss: dict[str, float]
    """Loss over all workers' images, by term."""
    counts: dict[str, float]
    """Divisor of each term; at least 1."""
    stop: bool
    """Whether some worker was asked to stop."""
    save: bool
    """Whether it is time to save the state."""


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
        counts = torch.tensor([float(term.count) for term in terms.values()], device=self.device)
        flags = torch.tensor([float(stop), float(save and self.is_rank_0)], device=self.device)
        shared = torch.cat((totals, counts, flags)).double()
        dist.all_reduce(shared)
        totals, counts, flags = shared.split([len(terms), len(terms), 2])
        counts = counts.clamp(min=1)
        return StepAgreement(
            loss=dict(zip(terms, (totals / counts).tolist(), strict=True)),
            counts=dict(zip(terms, counts.tolist(), strict=True)),
            stop=bool(flags[0]),
            save=bool(flags[1]),
        )

    def loss_to_differentiate(self, terms: dict[str, LossTerm], counts: dict[str, float]) -> Tensor:
        """This worker's part of the loss times the world size, since gradients are averaged.

        Args:
            terms: terms of the loss on some or all of this worker's images.
            counts: divisor of each term, over the whole step.

        Returns:
            A differentiable scalar.
        """
        own = torch.stack([term.total for term in terms.values()])
        divisors = torch.tensor([counts[name] for name in terms], dtype=own.dtype)
        return (own / divisors.to(own.device)).sum() * self.world_size

    def gather(self, content: Any) -> list[Any]:
        """Every worker's `content`, by rank."""
        gathered: list[Any] = [None] * self.world_size
        dist.all_gather_object(gathered, content)
        return gathered
