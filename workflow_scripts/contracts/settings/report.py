"""`privacy:` and `report:` what the audit may use, and what reports may show."""

from workflow_scripts.common.section import Section
from workflow_scripts.contracts.weights import Weights


class Privacy(Section):
    """The privacy audit of each variant."""

    embedding: Weights | None = None
    """A face recognition network for `cv2.FaceRecognizerSF`, such as SFace (ONNX): then the audit
    says how similar old and new faces are to it. null: it says so by pixels only."""


class Report(Section):
    """Figures and reports."""

    show_originals: bool | None = None
    """Whether figures may show original faces and license plates. null: only those of the drawn
    data set, which are nobody's."""
