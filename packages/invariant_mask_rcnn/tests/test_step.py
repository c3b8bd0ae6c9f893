"""One optimizer step: micro-batches, schedule, divergence, precision."""

import numpy as np
import pytest
import torch
from invariant_mask_rcnn.loss_term import LossTerm
from invariant_mask_rcnn.models import build_tiny
from invariant_mask_rcnn.readings import DivergenceError, StepReadings
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from invariant_mask_rcnn.step import GradientAccumulator, ScheduledOptimizer
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
    assert optimizer.step().item()
    assert weight.norm().item() == pytest.approx(0.05, rel=1e-4)
    optimizer.begin(0)
    optimizer.backward((weight * torch.inf).sum())
    assert not optimizer.step().item()


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
    optimizer.begin(0)
    readings = StepReadings(worker.device)
    agreed = step(samples(1), stop=False, save=False)
    readings.add(1, optimizer.learning_rate, agreed, optimizer.step())
    (reading,) = readings.read()
    with pytest.raises(DivergenceError, match=r"the loss is .* \(loss_"):
        reading.refuse_divergence()


@pytest.mark.parametrize("late", [0, 1, 2])
def test_steps_are_read_late_but_in_order_and_completely(worker, late):
    readings = StepReadings(worker.device, late)
    seen = []
    for number in range(1, 5):
        terms = {"loss": LossTerm(torch.tensor(number / 4), 2)}
        agreed = worker.agree(terms, stop=number == 2, save=number == 3)
        readings.add(number, 0.1 * number, agreed, torch.tensor(number != 4))
        seen += readings.read()
        assert len(seen) == max(0, number - late)
    seen += readings.read(everything=True)
    assert [one.iteration for one in seen] == [1, 2, 3, 4]
    assert [one.loss for one in seen] == [{"loss": number / 8} for number in range(1, 5)]
    assert [one.stop for one in seen] == [False, True, False, False]
    assert [one.save for one in seen] == [False, False, True, False]
    with pytest.raises(DivergenceError, match="gradient is not finite"):
        seen[3].refuse_divergence()
    seen[2].refuse_divergence()


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_in_half_precision_the_gradient_is_nearly_that_of_whole_floats(worker, half):
    """float16 goes through the scaler, as on GPUs without bfloat16."""
    batch, found = samples(2), []
    for precision in (None, half):
        torch.manual_seed(0)
        model = build_tiny(2, pretrained=False).train()
        optimizer = ScheduledOptimizer(
            *(torch.optim.SGD(model.parameters(), 1e-3), lambda _: 1.0, worker.device),
            half=precision,
        )
        step = GradientAccumulator(
            *(losses, False, model, worker.data_parallel(model), worker, optimizer, 2, None)
        )
        if half is torch.float16:
            optimizer.scaler._init_scale = 256.0  # a larger one is tried, and given up, first
        optimizer.begin(0)
        agreed = step(batch, stop=False, save=False)
        assert agreed.loss.isfinite().all()
        assert optimizer.step().item()
        parts = [part.grad.ravel() for part in model.parameters() if part.grad is not None]
        found.append(torch.cat(parts))
    whole, rounded = found
    assert whole.norm() > 0
    torch.testing.assert_close(rounded.norm(), whole.norm(), rtol=0.1, atol=0)
    assert torch.nn.functional.cosine_similarity(whole, rounded, dim=0) > 0.95


def test_float16_skips_a_gradient_that_overflows(worker):
    weight = torch.nn.Parameter(torch.ones(4))
    optimizer = ScheduledOptimizer(
        torch.optim.SGD([weight], 0.5), lambda _: 1.0, worker.device, half=torch.float16
    )
    optimizer.begin(0)
    optimizer.backward((weight * torch.inf).sum())
    assert optimizer.step().item()
    assert torch.equal(weight, torch.ones(4))
    assert optimizer.scaler.get_scale() < 65536
