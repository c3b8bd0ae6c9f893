"""Figures of the results, in the order of the report.

Each module has `NAME`, `COLUMNS`, `WIDTH`, `panels(results)`, `label(panel)` and
`draw(results, panels, columns, width)`.
"""

from workflow_scripts.analysis.report.figures import (
    curves,
    forest,
    reliability,
    seeds,
    sizes,
    tradeoff,
)

FIGURES = (forest, sizes, reliability, seeds, curves, tradeoff)
