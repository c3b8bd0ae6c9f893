"""Measurements on a GPU that is available for ten minutes, by one script: `benchmarks/gpu.sh`."""
