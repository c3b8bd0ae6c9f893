"""The Python behind the rules: what each job of the workflow does."""

import sys
from pathlib import Path

# From a checkout, the packages beside this one are found without being installed.
sys.path.extend(
    str(folder)
    for folder in sorted(Path(__file__).resolve().parent.parent.glob("packages/*/"))
    if str(folder) not in sys.path
)
