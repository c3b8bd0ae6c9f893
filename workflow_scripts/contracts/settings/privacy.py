"""`privacy:` what the audit of the variants may use beside what is installed."""

from workflow_scripts.common.section import Section
from workflow_scripts.contracts.weights import Weights


class Privacy(Section):
    """The privacy audit of each variant."""

    embedding: Weights | None = None
    """A face recognition network for `cv2.FaceRecognizerSF`, such as SFace (ONNX): then the audit
    says how similar old and new faces are to it. null: it says so by pixels only."""
