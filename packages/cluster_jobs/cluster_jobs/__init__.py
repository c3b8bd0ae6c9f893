"""Jobs on a cluster: schedules, and the GPU usage of a job.

Import the modules individually: `scheduling`, `chart` (matplotlib), `gpus` (pynvml).
"""
