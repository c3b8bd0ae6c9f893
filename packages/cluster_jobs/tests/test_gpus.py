"""What is sampled of GPUs; the driver's answers stand in for a GPU."""

from types import SimpleNamespace

import pynvml
import pytest
from cluster_jobs.gpus import GpuMeter

ENERGY_MJ = {0: [1_000_000, 4_000_000], 1: [500_000, 1_500_000]}


@pytest.fixture
def driver(monkeypatch):
    """Two GPUs: one computes all the time, one half of it."""
    counters = {device: iter(values) for device, values in ENERGY_MJ.items()}
    answers = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetHandleByIndex": lambda number: number,
        "nvmlDeviceGetHandleByUUID": lambda name: {"GPU-b": 1}[name],
        "nvmlDeviceGetName": lambda device: "NVIDIA X1",
        "nvmlDeviceGetUtilizationRates": lambda device: SimpleNamespace(gpu=100 - 50 * device),
        "nvmlDeviceGetMemoryInfo": lambda device: SimpleNamespace(used=(1 + device) * 2**30),
        "nvmlDeviceGetPowerUsage": lambda device: 300_000,
        "nvmlDeviceGetTotalEnergyConsumption": lambda device: next(counters[device]),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)

    def refuse(*names: str) -> None:
        def not_supported(device):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

        for name in names:
            monkeypatch.setattr(pynvml, name, not_supported)

    return refuse


def test_utilisation_is_a_mean_and_energy_a_sum(driver):
    found = GpuMeter(["0", "GPU-b"]).read()
    assert found.model == "NVIDIA X1"
    assert found.utilisation == 0.75
    assert found.memory_mib == 2048
    assert found.energy_j == 3000 + 1000


def test_without_a_counter_energy_is_power_by_time(driver):
    driver("nvmlDeviceGetTotalEnergyConsumption")
    assert 0 < GpuMeter(["0"]).read().energy_j < 300 * 60


def test_what_a_gpu_does_not_tell_is_none(driver):
    kinds = "UtilizationRates", "MemoryInfo", "PowerUsage", "TotalEnergyConsumption"
    driver(*(f"nvmlDeviceGet{kind}" for kind in kinds))
    found = GpuMeter(["0"]).read()
    assert (found.utilisation, found.memory_mib, found.energy_j) == (None, None, None)
