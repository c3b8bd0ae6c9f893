"""`python -m tools.plate_detector`: the training of the license plate detector."""

from workflow_scripts.common.cli import Program

PROGRAM = Program(
    "tools.plate_detector",
    "Make the license plate detector that comes with this project.",
    {
        "train": "tools.plate_detector.train:train",
        "export": "tools.plate_detector.export:export",
        "measure": "tools.plate_detector.measure:measure",
    },
)

if __name__ == "__main__":
    PROGRAM.main()
