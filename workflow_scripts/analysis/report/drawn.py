"""The figures that the report makes, in their order.

Each module has `NAME`, `COLUMNS`, `WIDTH`, `panels(results)`, `label(panel)` and
`draw(results, panels, columns, width)`.
"""

from workflow_scripts.analysis.report import curves, forest, seeds, tradeoff

FIGURES = (forest, seeds, curves, tradeoff)
