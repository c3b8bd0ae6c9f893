"""`weights list`: public weights that a config can name."""

from plain_commands.files import sha256_of_file

from workflow_scripts.contracts.catalogue import CATALOGUE
from workflow_scripts.training.engines.detectron2.installation import RESNETS, zoo_file
from workflow_scripts.training.engines.torchvision import torch_cache


def show() -> None:
    """List public weights: description, address, and where to put them without internet access.

    Nothing is downloaded.
    """
    blocks = []
    for name, file in CATALOGUE.items():
        # torch looks for it in its own cache, which all experiments share.
        is_initial = name == "resnet50_imagenet"
        place = str(torch_cache()) if is_initial else f"results/<experiment>/weights/{file.sha256}"
        blocks.append(
            f"{name}: {file.what}\n"
            f"  source   {file.source}\n"
            f"  size     {file.bytes:,} bytes\n"
            f"  sha256   {file.sha256}\n"
            f"  licence  {file.licence}\n"
            f"  place    {place}"
        )
    print("\n\n".join([*blocks, _of_detectron2()]))


def _of_detectron2() -> str:
    """detectron2's ResNet-50; its SHA-256 is not published, so the user has to confirm it."""
    source, place = zoo_file(RESNETS[50])
    found = "not published; once a copy is at the place below, its sha256 is shown here"
    if place.is_file():
        found = (
            f"{sha256_of_file(place)} (of the copy at the place below); "
            "if you trust it, set training.initialisation_sha256"
        )
    return (
        f"{place.name}: ResNet-50 of detectron2's model zoo; initialisation: imagenet of "
        "engine: detectron2\n"
        f"  source   {source}\n"
        f"  sha256   {found}\n"
        "  licence  CC BY-SA 3.0\n"
        f"  place    {place}"
    )
