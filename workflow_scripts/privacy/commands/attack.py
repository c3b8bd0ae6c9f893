"""`privacy attack`: attacks on a variant's images."""

from collections import Counter
from functools import cache
from typing import Annotated, Any

from plain_commands.console import log, progress
from plain_commands.section import validate
from plain_commands.texts import read_given

from workflow_scripts.common.cli import ImageFolder, NewFile, Positive, Settings, labelled, option
from workflow_scripts.contracts.attacks import Attacks
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.privacy.pairs import left_out, pairs_of
from workflow_scripts.privacy.settings import Privacy


@labelled("attack {variant}")
def attack(
    *,
    settings: Settings[Privacy],
    method: Annotated[str, option("JSON|FILE")] = '{"method": "unmodified"}',
    variant: Annotated[str, option("NAME")],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    anonymized: ImageFolder | None = None,
    pictures: ImageFolder,
    treated: ImageFolder | None = None,
    fingerprint: Annotated[str | None, option("HEX")] = None,
    output: NewFile,
    threads: Positive = 1,
) -> None:
    """Try to recognise the people and read the plates in a variant's images.

    Args:
        method: settings of the variant's method, which the attacker knows.
        variant: name of the variant.
        anonymized: images/{variant}/train, with its manifest; without it, attack the originals, to
            see whether the attacks work.
        pictures: folder made by `privacy pictures`.
        treated: these pictures, treated by the variant's method; attacks that need them do not run
            without.
        fingerprint: stored with the result.
        output: privacy/attacks/{variant}/success.json.
        threads: number of images processed at a time, and of threads per attack.
    """
    from identity_attacks.cutouts import without_landmarks  # noqa: PLC0415 - OpenCV
    from pii_measures import FaceRegion  # noqa: PLC0415 - OpenCV

    from workflow_scripts.privacy import attacking  # noqa: PLC0415 - networks
    from workflow_scripts.privacy.evidence import (  # noqa: PLC0415 - OpenCV
        ANNOTATIONS,
        REGIONS,
        cutouts_of,
        drawn,
        evidence_of,
        pictures_in,
        refuse_other_pictures,
    )

    known = validate(dict[str, Any], *read_given(method, "--method"))

    split = CocoSplit.read(annotations)
    pairs = pairs_of(split, images, regions, anonymized)
    dropped = left_out(split, images, regions, pairs)
    every = [*pairs, *dropped]
    chosen, numbers = drawn((one for pair in every for one in pair.regions), settings.regions)
    gone = Counter(r.kind for pair in dropped for r in pair.regions if r.id in chosen)
    for kind, number in gone.items():
        numbers[kind] = numbers[kind].model_copy(update={"dropped": number})
    own = CocoSplit.read(pictures / ANNOTATIONS)
    untreated_pairs = pairs_of(own, pictures, [pictures / REGIONS], None)
    refuse_other_pictures(untreated_pairs, chosen)
    treated_pairs = []
    if treated is not None:
        manifest = treated / FILE_NAME
        treated_pairs = pairs_of(own, pictures, [pictures / REGIONS], treated.parent, manifest)
    cutting = progress(
        cutouts_of(every, chosen, threads), total=len(every), description="cutting out"
    )
    originals, changed = [], []
    for number, (before, after) in enumerate(cutting):
        originals += before
        changed += after if number < len(pairs) else []
    untreated, alike = list(pictures_in(untreated_pairs)), list(pictures_in(treated_pairs))
    changed, alike = (
        [without_landmarks(one) if isinstance(one.place, FaceRegion) else one for one in some]
        for some in (changed, alike)
    )

    @cache
    def before_of(kind: Kind) -> Any:
        return evidence_of(kind, originals, untreated)

    @cache
    def after_of(kind: Kind) -> Any:
        if anonymized is None:
            return before_of(kind).exchanged()
        return evidence_of(kind, changed, alike)

    running = attacking.run_attacks(settings.attacks, before_of, after_of, known, threads)
    count = len(settings.attacks)
    runs = tuple(progress(running, total=count, description="attacking", unit="attacks"))
    Attacks(
        version=1,
        variant=variant,
        regions=numbers,
        runs=runs,
        made_with={"fingerprint": fingerprint, "settings": settings.model_dump(mode="json")},
    ).write(output)
    for run in runs:
        rates = run.success.rates if run.success else {}
        said = ", ".join(f"{name} {rate.value:.3f}" for name, rate in rates.items())
        log.info("%s: %s", run.title, said or f"did not run: {run.reason}")
