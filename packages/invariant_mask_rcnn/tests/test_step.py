"""One optimizer step: micro-batches, schedule, divergence."""

import numpy as np
import pytest
import torch
from invariant_mask_rcnn.models import build_tiny
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from invariant_mask_rcnn.step import DivergenceError, GradientAccumulator, ScheduledOptimizer
from invariant_mask_rcnn.workers import Worker


@pytest.fixture
def worker(tmp_path):
    with Worker.joined(0, 1, tmp_path / "rendezvous", on_gpu=False) as alone:
        yield alone


def samples(count: int, *, sizes: bool = False) -> list[TrainingSample]:
    """Images with one object each, at other places; of two sizes, if so."""
    rng = np.random.default_rng(0)
    return [
        as_sample(
            LabelledImage(
                image=rng.integers(0, 255, (64 + 32 * (sizes and number % 2), 128, 3), np.uint8),
                boxes=np.float32([[20 + number, 10, 50 + number, 40]]),
                labels=np.array([1 + number % 2]),
                crops=(np.ones((30, 30), np.uint8),),
                corners=np.array([[20 + number, 10]]),
            ),
            seed=number,
        )
        for number in range(count)
    ]


def losses(module, batch):
    return module([one.image.float() / 255 for one in batch], [vars(one) for one in batch])


def gradient(worker: Worker, micro_batch: int | None, batch: list[TrainingSample]) -> torch.Tensor:
    """The gradient of a step, as one vector."""
    torch.manual_seed(0)
    model = build_tiny(2, pretrained=False).train()
    optimizer = ScheduledOptimizer(
        torch.optim.SGD(model.parameters(), 0.1), lambda _: 1.0, worker.device
    )
    step = GradientAccumulator(
        *(losses, False, model, worker.data_parallel(model), worker, optimizer, 4, micro_batch)
    )
    optimizer.begin(0)
    step(batch, stop=False, save=False)
    parts = [part.grad.ravel() for part in model.parameters() if part.grad is not None]
    return torch.cat(parts)


@pytest.mark.slow
@pytest.mark.parametrize(("micro_batch", "sizes"), [(1, False), (3, False), (1, True)])
def test_a_step_in_parts_has_the_gradient_of_the_whole(worker, micro_batch, sizes):
    batch = samples(4, sizes=sizes)
    whole, parts = gradient(worker, None, batch), gradient(worker, micro_batch, batch)
    assert whole.norm() > 0.1
    torch.testing.assert_close(parts, whole, rtol=1e-3, atol=1e-5)


def test_the_schedule_scales_the_base_rate_and_the_clip_limits_the_step(worker):
    weight = torch.nn.Parameter(torch.zeros(4))
    optimizer = ScheduledOptimizer(
        *(torch.optim.SGD([weight], 0.5), lambda step: 0.1**step, worker.device), gradient_clip=1.0
    )
    optimizer.begin(1)
    assert optimizer.learning_rate == pytest.approx(0.05)
    optimizer.backward((weight * 100).sum())
    assert optimizer.step()
    assert weight.norm().item() == pytest.approx(0.05, rel=1e-4)
    optimizer.begin(0)
    optimizer.backward((weight * torch.inf).sum())
    assert not optimizer.step()


def test_a_loss_that_is_too_large_is_named(worker):
    model = build_tiny(2, pretrained=False).train()
    optimizer = ScheduledOptimizer(
        torch.optim.SGD(model.parameters(), 0.1), lambda _: 1.0, worker.device
    )

    def large(module, batch):
        terms = losses(module, batch)
        return {name: type(term)(term.total * 1e6, term.count) for name, term in terms.items()}

    step = GradientAccumulator(
        *(large, False, model, worker.data_parallel(model), worker, optimizer, 1, None)
    )
    with pytest.raises(DivergenceError, match=r"the loss is .* \(loss_"):
        step(samples(1), stop=False, save=False)
