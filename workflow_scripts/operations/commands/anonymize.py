"""`anonymize`: images only, nothing trained."""

import time
from typing import Annotated

from plain_commands.console import duration, log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Behind, Folder, Positive, option


def anonymize(
    folder: Folder,
    /,
    *snakemake: Behind,
    method: Annotated[str, option("NAME|JSON")],
    output: Folder,
    show_originals: bool = False,
    cores: Positive | None = None,
) -> None:
    r"""Anonymize the images of a folder, and train nothing.

    Whole images are searched for faces and license plates, at every size. The output has the
    paths, names and formats of the originals, without their metadata and upright. An interrupted
    call resumes. Arguments behind `--` go to Snakemake, e.g. to compute on a cluster:

        python -m workflow_scripts anonymize photos --method natural --output anonymized \
            -- --profile profiles/slurm --profile my-site.yaml

    Args:
        folder: of images, and of folders of images; it stays as it is.
        snakemake: arguments of snakemake, behind `--` (default: those of profiles/local).
        method: natural, blur, pixelate, blackbox, diffusion or drop; with settings as JSON.
        output: new folder for the anonymized images; it appears beside, not in, the originals.
        show_originals: show the originals on the contact sheet, too.
        cores: CPU cores (default: all).

    Raises:
        UserError: a folder or the method cannot be used, or the errors of failed jobs.
    """
    # Snakemake and the config are slow to import, and --help needs none of them.
    from workflow_scripts.common.fingerprint import ROOT  # noqa: PLC0415
    from workflow_scripts.operations.images_only import (  # noqa: PLC0415
        OWN_OPTIONS,
        ImagesOnly,
        method_of,
    )

    if snakemake and not snakemake[0].startswith("-"):
        raise UserError(f"{snakemake[0]}: one folder at a time; arguments of snakemake follow `--`")
    if cores and snakemake:
        raise UserError("--cores: give it to snakemake, behind `--`")
    for word in snakemake:
        if word.partition("=")[0] in OWN_OPTIONS:
            raise UserError(f"{word}: not for this call; snakemake anonymized takes a config file")
    started = time.monotonic()
    images = ImagesOnly(
        folder.resolve(), output.resolve(), method_of(method), show_originals=show_originals
    )
    images.check()
    local = ["--profile", str(ROOT / "profiles/local"), "--cores", str(cores or "all")]
    with images.owned():
        log.info("%s: working; an interrupted call resumes", images.work)
        images.run(snakemake or local)
        text = images.publish()
    log.info("finished in %s", duration(time.monotonic() - started))
    print(text, end="")
