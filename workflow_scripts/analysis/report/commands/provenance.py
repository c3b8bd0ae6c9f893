"""`report provenance`: origin of an experiment's numbers."""

from typing import Annotated, Any

from plain_commands.console import log
from plain_commands.section import validate
from plain_commands.texts import read_given

from workflow_scripts.analysis.report.provenance import provenance_of
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.common.cli import Folder, NewFile, option
from workflow_scripts.contracts.provenance import FILE_NAME


def provenance(
    results: Folder,
    /,
    *,
    config: Annotated[str, option("JSON|FILE")],
    output: NewFile | None = None,
) -> None:
    """Record the origin of an experiment's numbers: config, code, versions, runs, hashes.

    Args:
        results: results/<experiment>.
        config: the experiment's config, as JSON, or a YAML file.
        output: the record (default: provenance.json in the results folder).
    """
    content = validate(dict[str, Any], *read_given(config, "--config"))
    output = output or results / FILE_NAME
    provenance_of(read_results(results), content).write(output)
    log.info("%s", output)
