"""Option `--donors FILE` of the benchmarks of `natural`: faces mixed from donors, not drawn."""

import argparse
from pathlib import Path

from plain_commands.files import sha256_of_file
from plain_commands.section import validate

from workflow_scripts.anonymization.methods.natural import Natural


def add_donors(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        "--donors",
        type=Path,
        metavar="FILE",
        help="mix new faces from it (`python -m workflow_scripts anonymization donors`); none of "
        "its people should be in the photographs",
    )


def natural(donors: Path | None) -> Natural:
    """Method with its defaults, and with donors if a file is given.

    Raises:
        UserError: the file cannot be used.
    """
    if donors is None:
        return Natural()
    file = {"source": str(donors), "sha256": sha256_of_file(donors), "licence": "not recorded"}
    return validate(Natural, {"method": "natural", "donors": file}, "--donors").with_donors()
