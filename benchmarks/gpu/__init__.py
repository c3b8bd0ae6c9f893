"""What a GPU that is at hand for ten minutes can tell, by one script: `benchmarks/gpu.sh`."""
