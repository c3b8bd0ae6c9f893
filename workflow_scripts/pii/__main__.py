"""`python -m workflow_scripts.pii`: the commands of this room."""

from workflow_scripts.__main__ import run_room

if __name__ == "__main__":
    run_room("pii")
