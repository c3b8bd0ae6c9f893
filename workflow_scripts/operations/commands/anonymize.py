"""`anonymize`: images only, without training."""

import time
from typing import Annotated

from plain_commands.console import duration, log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Behind, Folder, NewFolder, Positive, option


def anonymize(
    folder: Folder,
    /,
    *snakemake: Behind,
    method: Annotated[str, option("NAME|JSON")],
    output: NewFolder,
    show_originals: bool = False,
    cores: Positive | None = None,
) -> None:
    r"""Anonymize the images of a folder, without training.

    Whole images are searched for faces and license plates of every size. The output has the paths,
    names and formats of the originals; the images are upright and have no metadata. An interrupted
    call resumes. Arguments after `--` go to Snakemake, e.g. to compute on a cluster:

        python -m workflow_scripts anonymize photos --method natural --output anonymized \
            -- --profile profiles/slurm --profile my-site.yaml

    Args:
        folder: folder with images, also in subfolders; it is not changed.
        snakemake: arguments of snakemake, after `--` (default: those of profiles/local).
        method: natural, blur, pixelate, blackbox, diffusion or drop; or JSON with settings.
        output: new folder for the anonymized images, outside the folder of the originals.
        show_originals: also show the originals on the contact sheet.
        cores: CPU cores (default: all).

    Raises:
        UserError: a folder or the method cannot be used, or jobs failed.
    """
    # Snakemake and the config are slow to import, and --help does not need them.
    from workflow_scripts.common.fingerprint import ROOT  # noqa: PLC0415
    from workflow_scripts.operations.images_only import (  # noqa: PLC0415
        OWN_OPTIONS,
        ImagesOnly,
        method_of,
    )

    if snakemake and not snakemake[0].startswith("-"):
        raise UserError(f"{snakemake[0]}: one folder at a time; arguments of snakemake follow `--`")
    if cores and snakemake:
        raise UserError("--cores: pass it to snakemake, after `--`")
    for word in snakemake:
        if word.partition("=")[0] in OWN_OPTIONS:
            raise UserError(
                f"{word}: not allowed here; for a config file, use snakemake anonymized"
            )
    started = time.monotonic()
    images = ImagesOnly(
        folder.resolve(), output.resolve(), method_of(method), show_originals=show_originals
    )
    images.check()
    local = ["--profile", str(ROOT / "profiles/local"), "--cores", str(cores or "all")]
    with images.owned() as lock:
        log.info("%s: working; an interrupted call resumes", images.work)
        images.run(snakemake or local, lock)
        text = images.publish()
    log.info("finished in %s", duration(time.monotonic() - started))
    print(text, end="")
