"""Samples on their way to the device that computes."""

from collections.abc import Iterable, Iterator

import torch

from .samples import TrainingSample


def on_device(
    batches: Iterable[list[TrainingSample]], device: torch.device
) -> Iterator[list[TrainingSample]]:
    """The batches, each copied to a device while it still computes what was asked of it before.

    On a GPU the copies run on a stream of their own, beside the kernels, if the samples are in
    page-locked memory. A CPU has one stream only, and nothing is copied.
    """
    streams = torch.get_device_module(device)
    copies = streams.Stream()
    for batch in batches:
        with streams.stream(copies):
            moved = [sample.to(device) for sample in batch]
        streams.current_stream().wait_stream(copies)
        for sample in moved:
            # Otherwise their memory would be free for the next copy before the kernels are done.
            sample.used_on(streams.current_stream())
        yield moved
