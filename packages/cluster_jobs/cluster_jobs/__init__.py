"""Jobs on a cluster: when each would run, and what the GPUs of one do.

Import the modules by their own names: `scheduling`, `chart` (matplotlib), `gpus` (pynvml).
"""
