"""`report provenance`: what an experiment's numbers come from."""

import json
from pathlib import Path
from typing import Annotated

from workflow_scripts.analysis.report.provenance import provenance_of
from workflow_scripts.analysis.report.results import PROVENANCE, read_results
from workflow_scripts.common.cli import File, Folder, option, read_yaml
from workflow_scripts.common.console import log
from workflow_scripts.common.files import write_json


def provenance(
    results: Folder,
    /,
    *,
    config: Annotated[str, option("JSON|FILE")],
    output: File | None = None,
) -> None:
    """Write down what an experiment's numbers come from: config, code, versions, runs, hashes.

    Args:
        results: results/<experiment>.
        config: the experiment's config, as JSON, or a YAML file.
        output: the record (default: provenance.json in the results' folder).
    """
    content = json.loads(config) if config.startswith("{") else read_yaml(Path(config))
    output = output or results / PROVENANCE
    write_json(output, provenance_of(read_results(results), content))
    log.info("%s", output)
