"""GPUs of this process and their utilisation, without importing PyTorch, which takes seconds."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pynvml

SECONDS_BETWEEN_SAMPLES = 5.0


def visible_gpus() -> tuple[str, ...]:
    """CUDA devices of this process, in the form of CUDA_VISIBLE_DEVICES: numbers or UUIDs."""
    with _nvml() as installed:
        allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
        if allowed is None:
            return tuple(str(number) for number in range(installed))
        usable = []
        for name in (part.strip() for part in allowed.split(",")):
            # CUDA reads the list up to the first unknown entry.
            if not name or (name.lstrip("-").isdigit() and not 0 <= int(name) < installed):
                break
            usable.append(name)
        return tuple(usable) if installed else ()


@dataclass(frozen=True)
class GpuUsage:
    """Use of GPUs over a period; None for unsupported quantities."""

    model: str
    utilisation: float | None
    """Utilisation, mean over time and GPUs, 0 to 1."""
    memory_mib: float | None
    """Peak memory allocated on one GPU by all processes."""
    energy_j: float | None
    """Total energy of all GPUs."""


class GpuMeter:
    """A thread that samples GPUs, from its construction until `read`.

    Args:
        names: at least one of `visible_gpus`.
        interval: seconds between samples.
    """

    def __init__(self, names: Sequence[str], interval: float = SECONDS_BETWEEN_SAMPLES) -> None:
        pynvml.nvmlInit()
        self._interval = interval
        self._devices = [_device(name) for name in names]
        self._model = pynvml.nvmlDeviceGetName(self._devices[0])
        self._utilisation: list[float] = []
        self._memory: list[float] = []
        self._power: list[float] = []
        self._energy_before = self._energy()
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def read(self) -> GpuUsage:
        """Stop sampling and return the totals."""
        self._ended.set()
        self._thread.join()
        self._sample()
        seconds = time.monotonic() - self._started
        after = self._energy()
        power = _mean(self._power)
        energy: float | None = None
        if after is not None and self._energy_before is not None:
            energy = after - self._energy_before
        elif power is not None:  # GPUs before Volta have no counter
            energy = power * len(self._devices) * seconds
        pynvml.nvmlShutdown()
        memory = max(self._memory, default=None)
        return GpuUsage(self._model, _mean(self._utilisation), memory, energy)

    def _watch(self) -> None:
        while not self._ended.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        for device in self._devices:
            with contextlib.suppress(pynvml.NVMLError):
                self._utilisation.append(pynvml.nvmlDeviceGetUtilizationRates(device).gpu / 100)
            with contextlib.suppress(pynvml.NVMLError):
                self._memory.append(pynvml.nvmlDeviceGetMemoryInfo(device).used / 2**20)
            with contextlib.suppress(pynvml.NVMLError):
                self._power.append(pynvml.nvmlDeviceGetPowerUsage(device) / 1000)

    def _energy(self) -> float | None:
        """Sum of the energy counters, in joules since the driver was loaded."""
        try:
            return sum(map(pynvml.nvmlDeviceGetTotalEnergyConsumption, self._devices)) / 1000
        except pynvml.NVMLError:
            return None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _device(name: str) -> object:
    if name.isdigit():
        return pynvml.nvmlDeviceGetHandleByIndex(int(name))
    return pynvml.nvmlDeviceGetHandleByUUID(name)


@contextlib.contextmanager
def _nvml() -> Iterator[int]:
    """Number of GPUs of this machine, with NVML open; 0 without a driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield 0
        return
    try:
        yield pynvml.nvmlDeviceGetCount()
    finally:
        pynvml.nvmlShutdown()
