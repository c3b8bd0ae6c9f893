"""Training one run by hand."""

import os

# submitit reads it when it is imported, here and in the job. Its own choice, USR2, would end the
# training's processes, all of which get what Slurm sends; on URG they save.
os.environ["SUBMITIT_PREEMPT_SIGNAL"] = "URG"
