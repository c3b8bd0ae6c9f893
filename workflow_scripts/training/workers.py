"""What the processes of one training agree on in every step."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from workflow_scripts.training.engines import LossTerm
from workflow_scripts.training.job import Meeting, TrainingJob


@dataclass(frozen=True)
class Agreement:
    """One step's loss, the same for all workers, and what they do after it."""

    parts: dict[str, float]
    """The loss over all workers' images, by part."""
    counts: dict[str, float]
    """What each part was divided by; at least 1."""
    stop: bool
    """Some worker was asked to stop."""
    save: bool
    """It is time to save the state."""


@dataclass(frozen=True)
class Worker:
    """This process among the workers of a training."""

    rank: int
    workers: int
    device: torch.device

    @classmethod
    @contextlib.contextmanager
    def joined(cls, job: TrainingJob, rank: int, meeting: Meeting) -> Iterator["Worker"]:
        """Meet the other workers of this machine, and part from them in the end."""
        # The connections stay on this machine, as the file by which they are made does.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        device = torch.device("cuda", 0) if job.gpus else torch.device("cpu")
        dist.init_process_group(
            "nccl" if job.gpus else "gloo",
            init_method=f"file://{meeting.rendezvous}",
            rank=rank,
            world_size=job.workers,
        )
        try:
            yield cls(rank, job.workers, device)
        finally:
            dist.destroy_process_group()

    @property
    def leads(self) -> bool:
        """It writes the files and the messages."""
        return self.rank == 0

    def parallel(self, model: nn.Module) -> DistributedDataParallel:
        """The model with its gradients averaged over the workers."""
        return DistributedDataParallel(
            model,
            device_ids=[0] if self.device.type == "cuda" else None,
        )

    def agree(self, terms: dict[str, LossTerm], *, stop: bool, save: bool) -> Agreement:
        """Average the loss over all workers' images, and decide together.

        Args:
            terms: this worker's parts of the loss.
            stop: this worker was asked to stop.
            save: the first worker's clock says that it is time; the others' is not heard.
        """
        totals = torch.stack([term.total.detach().float() for term in terms.values()])
        counts = torch.tensor([float(term.count) for term in terms.values()], device=self.device)
        flags = torch.tensor([float(stop), float(save and self.leads)], device=self.device)
        shared = torch.cat((totals, counts, flags)).double()
        dist.all_reduce(shared)
        totals, counts, flags = shared.split([len(terms), len(terms), 2])
        counts = counts.clamp(min=1)
        return Agreement(
            parts=dict(zip(terms, (totals / counts).tolist(), strict=True)),
            counts=dict(zip(terms, counts.tolist(), strict=True)),
            stop=bool(flags[0]),
            save=bool(flags[1]),
        )

    def share_of_loss(self, terms: dict[str, LossTerm], counts: dict[str, float]) -> Tensor:
        """Scalar, differentiable: this worker's part of the loss times the number of workers,
        since their gradients are averaged.

        Args:
            terms: of this worker's images, or of some of them.
            counts: what each is divided by, over the whole step.
        """
        own = torch.stack([term.total for term in terms.values()])
        divisors = torch.tensor([counts[name] for name in terms], dtype=own.dtype)
        return (own / divisors.to(own.device)).sum() * self.workers

    def gather(self, content: object) -> list:
        """Everyone's `content`, by rank."""
        gathered: list = [None] * self.workers
        dist.all_gather_object(gathered, content)
        return gathered
