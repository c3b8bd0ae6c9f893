"""`report:` what is shown to whoever reads the results."""

from workflow_scripts.common.section import Section


class Report(Section):
    """Figures and reports."""

    show_originals: bool | None = None
    """Whether figures may show original faces and license plates. null: only those of the drawn
    data set, which are nobody's."""
