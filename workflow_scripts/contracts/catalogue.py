"""Public weights that this project can load by name, such as `weights: yunet` in a config."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublicFile:
    """A publicly downloadable file. Results depend on its SHA-256, not on the address."""

    what: str
    """What it contains, and what loads it."""
    source: str
    """URL."""
    bytes: int
    sha256: str
    licence: str

    @property
    def file_name(self) -> str:
        """File name at the source."""
        return self.source.rpartition("/")[2]


OPENCV_ZOO = (
    "https://github.com/opencv/opencv_zoo/raw/f12e12798e8314f7c074a6656816c048dcc95b7a/models"
)
"""The address names a commit, so that newer files in the zoo do not replace these. The SHA-256
values are those in the zoo's Git LFS pointers."""

CATALOGUE = {
    "resnet50_imagenet": PublicFile(
        what="ResNet-50, torchvision's IMAGENET1K_V1; initialisation: imagenet of training",
        source="https://download.pytorch.org/models/resnet50-0676ba61.pth",
        bytes=102_530_333,
        # torchvision puts the first eight digits into the file name.
        sha256="0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
        licence="BSD-3-Clause; trained on ImageNet, which has its own terms",
    ),
    "sface": PublicFile(
        what="SFace 2021dec, face recognition; recognizer: sface of privacy.attacks",
        source=f"{OPENCV_ZOO}/face_recognition_sface/face_recognition_sface_2021dec.onnx",
        bytes=38_696_353,
        sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        licence="Apache-2.0",
    ),
    "yunet": PublicFile(
        what="YuNet 2023mar, face detection; detector: yunet of pii.faces",
        source=f"{OPENCV_ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
        bytes=232_589,
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        licence="MIT",
    ),
}
