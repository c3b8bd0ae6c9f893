"""Transfer of samples to the device of the computation."""

from collections.abc import Iterable, Iterator

import torch

from .samples import TrainingSample


def on_device(
    batches: Iterable[list[TrainingSample]], device: torch.device
) -> Iterator[list[TrainingSample]]:
    """Batches, each copied to a device while it still computes earlier work.

    On a GPU, copies run on a separate stream, in parallel to the kernels, if the samples are in
    page-locked memory. On a CPU, nothing is copied.
    """
    streams = torch.get_device_module(device)
    copies = streams.Stream()
    for batch in batches:
        with streams.stream(copies):
            moved = [sample.to(device) for sample in batch]
        streams.current_stream().wait_stream(copies)
        for sample in moved:
            # Otherwise, the next copy could reuse their memory before the kernels are done.
            sample.used_on(streams.current_stream())
        yield moved
