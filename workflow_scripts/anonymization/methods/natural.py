"""Method `natural`: faces of people who do not exist, and plates with other characters."""

import contextlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

import natural_pii
import numpy as np
from natural_pii import Donors, FaceRegion, PlateRegion, Route
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import canonical_json, sha256_of
from plain_commands.section import Seed
from pydantic import Field, PrivateAttr, model_validator

from workflow_scripts.anonymization.inpainting import ENVIRONMENT, FacePainter
from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.coco import CocoSplit, LabelledObject
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.contracts.weights import OwnWeights, checked_bytes
from workflow_scripts.imaging.masks import mask_at
from workflow_scripts.imaging.pictures import Picture

PEOPLE = ("person", "rider")
"""Classes of the objects to which faces belong."""
LARGE_NATURAL, LARGE_DIFFUSION = "large_natural", "large_diffusion"
"""Methods of changes of large faces, beside `Route.LARGE`."""


class Natural(Method):
    """Draw another face over each face, and other characters on each license plate.

    The method of a change is `natural`; `natural_wide` if more of a plate was repainted; `fallback`
    if nothing could be drawn and the region was covered without detail; for large faces
    `large_smear`, `large_natural` or `large_diffusion`.
    """

    method: Literal["natural"] = "natural"
    """Draw another face over each face, and other characters on each license plate."""
    seed: Seed = 0
    """Seed of the drawn people and plates."""
    identity: Literal["frame", "track"] = "frame"
    """`frame`: a person gets a different face in each image. `track`: a person gets the same face
    in all images in which the data set names the person's track (docs/natural.md)."""
    large: Literal["smear", "natural", "diffusion"] = "smear"
    """Treatment of large faces, where a drawn face would be noticed: cover them without detail,
    draw them anyway, or use a diffusion model."""
    large_above: float = Field(80, gt=0)
    """A face is large if its box is wider than this (pixels)."""
    donors: OwnWeights | None = None
    """A file of donors: each new face is mixed from those of several people instead of drawn
    (docs/natural.md); `python -m workflow_scripts anonymization donors` makes one."""
    diffusion: FacePainter | None = None
    """Model and settings for `large: diffusion`, as for method diffusion."""
    _donors: Donors | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _painter_has_a_use(self) -> "Natural":
        if self.large == "diffusion" and self.diffusion is None:
            raise ValueError("diffusion: missing, but large is diffusion; name the model")
        if self.large != "diffusion" and self.diffusion is not None:
            raise ValueError("diffusion: it has no effect without large: diffusion")
        return self

    @property
    def gpus(self) -> int:
        return 1 if self.diffusion else 0

    @property
    def environment(self) -> str:
        return ENVIRONMENT if self.diffusion else super().environment

    def check(self, split: CocoSplit) -> None:
        """Check that libraries, weights and donors exist, and warn if there are no tracks."""
        if self.diffusion:
            self.diffusion.check_model()
        if (donors := self.with_donors()._donors) is not None:
            log.info("%d faces to mix new ones from", len(donors))
        people = (one for one in split.instances if split.class_of(one) in PEOPLE)
        if self.identity == "track" and all(one.track is None for one in people):
            log.info(
                "identity: track: no %s has a track_id; only faces that a file lists with `track` "
                "get one new face in several images",
                " or ".join(PEOPLE),
            )

    @contextlib.contextmanager
    def prepared(self, pictures: Sequence[Picture], folder: Path, threads: int) -> Iterator[Method]:
        """Load the donors, and the diffusion model if needed; see `Method.prepared`."""
        regions = [region for picture in pictures for region in picture.regions]
        if self.identity == "track":
            tracks = [
                track
                for one in pictures
                for track in tracks_of(
                    one.regions, owners_of(one.regions, one.objects), one.objects
                )
            ]
            log.info(
                "%d of %d faces have a track; the others get a different face in each image",
                sum(track is not None for track in tracks),
                sum(region.kind is Kind.FACE for region in regions),
            )
        method = self
        if self.diffusion and any(map(self._is_large, regions)):
            method = self.model_copy(update={"diffusion": self.diffusion.loaded()})
        if any(region.kind is Kind.FACE for region in regions):
            method = method.with_donors()
        yield method

    def with_donors(self) -> "Natural":
        """A copy with its donors in memory; the method itself where it has none.

        Raises:
            UserError: their file is missing, damaged or another one.
        """
        if self.donors is None:
            return self
        content = checked_bytes(self.donors.local(), self.donors.sha256)
        copy = self.model_copy()
        try:
            copy._donors = Donors.read(BytesIO(content))
        except ValueError as error:
            # By its hash, which the config has too, unlike the path of the fetched copy.
            raise UserError(f"donors: {self.donors.sha256}: {error}; see docs/natural.md") from None
        return copy

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Replace the faces, then the plates; see `Method.anonymize`."""
        regions = picture.regions
        people = owners_of(regions, picture.objects)
        tracks = tracks_of(regions, people, picture.objects)
        # Ids that no labelled object has.
        names = sorted({track for track in tracks if track is not None})
        numbers = {name: -number for number, name in enumerate(names, start=1)}
        people = [
            owner if track is None else numbers[track]
            for owner, track in zip(people, tracks, strict=True)
        ]
        pixels, replacements = natural_pii.anonymize(
            picture.pixels,
            [_as_natural(region) for region in regions],
            seed=(self.seed, int(rng.integers(2**63))),
            people=people,
            largest_face=None if self.large == "natural" else self.large_above,
            identities={number: self._seed_of(name) for name, number in numbers.items()}
            if self.identity == "track"
            else None,
            donors=self._donors,
        )
        changes = {
            place: Change.of(
                regions[place],
                self._way_of(regions[place], replacement.route),
                replacement.box,
                replacement.reason,
            )
            for place, replacement in enumerate(replacements)
            if replacement is not None
        }
        if self.diffusion:
            pixels = self._paint_large(pixels, regions, changes)
        return pixels, [changes[place] for place in sorted(changes)]

    def _paint_large(
        self, pixels: np.ndarray, regions: Sequence[Region], changes: dict[int, Change]
    ) -> np.ndarray:
        """A copy with painted faces in place of the large ones, which are already smeared."""
        assert self.diffusion is not None
        places = [place for place in sorted(changes) if self._is_large(regions[place])]
        faces = [regions[place] for place in places]
        result, painted = self.diffusion.paint(pixels, faces, self.seed)
        for place, done in zip(places, painted, strict=True):
            if done is None:
                continue
            before = changes[place].box
            low, high = np.minimum(before, done.box), np.maximum(before, done.box)
            box = (int(low[0]), int(low[1]), int(high[2]), int(high[3]))
            way = LARGE_DIFFUSION if done.by_model else Route.LARGE.value
            changes[place] = Change.of(regions[place], way, box)
        return result

    def _is_large(self, region: Region) -> bool:
        return region.kind is Kind.FACE and region.width > self.large_above

    def _way_of(self, region: Region, route: Route) -> str:
        is_drawn = route is Route.NATURAL and self._is_large(region)
        return LARGE_NATURAL if is_drawn else route.value

    def _seed_of(self, track: str) -> int:
        """Seed of the person drawn for a track, independent of image and shard."""
        return int(sha256_of(canonical_json([self.seed, "track", track]))[:15], 16)


def tracks_of(
    regions: Sequence[Region], owners: Sequence[int | None], objects: Sequence[LabelledObject]
) -> list[str | None]:
    """The track of each face: that of its region, or of the person that it belongs to.

    Args:
        regions: of a picture.
        owners: see `owners_of`.
        objects: objects labelled in the picture.

    Returns:
        A name per region; None for plates and for faces without a track.
    """
    names = {one.instance.id: one.instance.track for one in objects}
    return [
        region.track or (None if owner is None else names[owner])
        if region.kind is Kind.FACE
        else None
        for region, owner in zip(regions, owners, strict=True)
    ]


def _as_natural(region: Region) -> FaceRegion | PlateRegion:
    if region.kind is Kind.FACE:
        return FaceRegion(*region.box, region.landmarks)
    return PlateRegion(*region.box, region.quad)


def owners_of(regions: Sequence[Region], objects: Sequence[LabelledObject]) -> list[int | None]:
    """Id of the labelled person or rider whose mask contains the centre of each face.

    Where masks overlap, the smallest one counts. Groups of people are ignored.

    Returns:
        An id per region; None for plates and for faces outside all masks.
    """
    people = sorted(
        (
            person
            for person in objects
            if person.class_name in PEOPLE and not person.instance.iscrowd
        ),
        key=lambda person: (person.instance.area, person.instance.id),
    )
    owners: list[int | None] = [None] * len(regions)
    for person in people:
        x, y, width, height = person.instance.bbox
        inside = [
            index
            for index, face in enumerate(regions)
            if face.kind is Kind.FACE
            and owners[index] is None
            and x <= (face.x0 + face.x1) / 2 < x + width
            and y <= (face.y0 + face.y1) / 2 < y + height
        ]
        if not inside:
            continue
        for index in inside:
            row = int((regions[index].y0 + regions[index].y1) / 2)
            column = int((regions[index].x0 + regions[index].x1) / 2)
            if mask_at(person.instance.segmentation, row, column):
                owners[index] = person.instance.id
    return owners
