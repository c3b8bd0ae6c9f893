"""`weights list`: public files of weights that a config can name."""

from workflow_scripts.contracts.catalogue import CATALOGUE
from workflow_scripts.training.engines.torchvision import torch_cache


def show() -> None:
    """List public files of weights: what each is, its address, and where it goes without internet.

    Nothing is downloaded.
    """
    blocks = []
    for name, file in CATALOGUE.items():
        # torch looks for it in a cache of its own, which all experiments share.
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
    print("\n\n".join(blocks))
