"""Defaults and cross-checks of the sections before any run: data set, PII, methods, attacks."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from pydantic import field_validator, model_validator

from workflow_scripts.anonymization.methods.drop import Drop
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.anonymization.variants import IMAGES_ONLY, Variant
from workflow_scripts.config.sections import Sections
from workflow_scripts.contracts.settings import CocoDataset
from workflow_scripts.training.engines.command import CommandTraining

SAFEST_SEARCH = {
    "faces": {"detector": "centerface"},
    "license_plates": {"detector": "plates"},
    "only_on_labelled": False,
}
"""Default section `pii:` of experiments that only anonymize: whole frames."""


class ImageChecks(Sections):
    """Sections whose images can be anonymized and attacked as configured."""

    @model_validator(mode="before")
    @classmethod
    def _plates_have_to_be_named_for_coco(cls, content: Any) -> Any:
        """COCO files mark no license plates, so by default none are looked for."""
        if isinstance(content, dict) and isinstance(content.get("dataset"), dict):
            pii = content.get("pii", {})
            if content["dataset"].get("kind") == "coco" and isinstance(pii, dict):
                return content | {"pii": {"license_plates": None} | pii}
        return content

    @model_validator(mode="before")
    @classmethod
    def _images_only(cls, content: Any) -> Any:
        """Defaults of an experiment that anonymizes images and trains nothing."""
        dataset = content.get("dataset") if isinstance(content, dict) else None
        if not isinstance(dataset, dict) or dataset.get("kind") != "images":
            return content
        pii = content.get("pii") or {}
        pii = {**SAFEST_SEARCH, **pii} if isinstance(pii, dict) else pii
        return {"training": {"engine": "none"}, **content, "pii": pii}

    @model_validator(mode="after")
    def _images_only_need_no_labels(self) -> Self:
        if not self.images_only:
            return self
        if self.pii.only_on_labelled:
            raise ValueError(
                "pii.only_on_labelled: dataset.kind images has no labels; set it to false"
            )
        for name, variant in self.variants.items():
            if variant.method not in IMAGES_ONLY:
                raise ValueError(
                    f"variants.{name}: {variant.method!r} is not one of {', '.join(IMAGES_ONLY)}, "
                    "which need no labels and no images from elsewhere"
                )
        return self

    @model_validator(mode="after")
    def _tracks_are_named(self) -> Self:
        has_file = getattr(self.pii.faces, "file", None) is not None
        for name, variant in self.variants.items() if self.images_only and not has_file else ():
            if isinstance(variant, Natural) and variant.identity == "track":
                raise ValueError(
                    f"variants.{name}.identity: images without labels have no tracks; use frame, "
                    "or name a file with `track` under pii.faces (detector annotations)"
                )
        return self

    @field_validator("results", mode="after")
    @classmethod
    def _results_name_no_wildcard(cls, results: Path) -> Path:
        if set("{}<>") & set(str(results)):
            raise ValueError("braces and angle brackets stand for wildcards; choose another path")
        return results

    @field_validator("variants", mode="after")
    @classmethod
    def _names_do_not_repeat_themselves(cls, variants: dict[str, Variant]) -> dict[str, Variant]:
        for name in variants:
            if re.search(r"(.+)\1{19}$", name):
                raise ValueError(
                    f"{name}: Snakemake mistakes a name that ends in 20 repetitions for an "
                    "infinite recursion; choose another"
                )
        return variants

    @model_validator(mode="after")
    def _classes_with_pii_are_known(self) -> Self:
        classes, is_coco = self.classes, isinstance(self.dataset, CocoDataset)
        for kind in self.pii.detectors if self.pii.only_on_labelled else ():
            key, names = self.pii.parent_classes[kind]
            unknown = [name for name in names if name not in classes]
            if len(unknown) == len(names) or (unknown and key in self.pii.model_fields_set):
                advice = "name classes of the data set, or set pii.only_on_labelled to false"
                pairs = [(one, near) for one in unknown for near in get_close_matches(one, classes)]
                if pairs:
                    name, close = pairs[0]
                    keys = "this key or dataset.classes" if is_coco else "it"
                    advice = f"if {close} is meant by {name}, correct {keys}"
                raise ValueError(
                    f"pii.{key}: {', '.join(unknown) or 'an empty list'} is not one of the classes "
                    f"{', '.join(classes)}; {advice}"
                )
        return self

    @model_validator(mode="after")
    def _membership_needs_a_training(self) -> Self:
        if self.images_only and self.privacy.membership is not None:
            raise ValueError(
                "privacy.membership: dataset.kind images trains nothing, so there is no model to "
                "attack; set it to null"
            )
        return self

    @model_validator(mode="after")
    def _programs_do_what_is_asked(self) -> Self:
        if not isinstance(self.training, CommandTraining):
            return self
        if self.privacy.membership is not None:
            raise ValueError(
                "privacy.membership: it needs the losses of single images, which engine command "
                "cannot provide; set it to null"
            )
        for key in ("every", "shorter_side", "longest_side"):
            if key in self.evaluation.model_fields_set and getattr(self.evaluation, key):
                raise ValueError(
                    f"evaluation.{key}: it has no effect with engine command, whose program "
                    "decides; remove it"
                )
        return self

    @model_validator(mode="after")
    def _second_detection_differs(self) -> Self:
        for kind, second in self.privacy.second_detection.detectors.items():
            key = f"privacy.second_detection.{kind.key.removeprefix('pii.')}"
            first = self.pii.detectors.get(kind)
            if first is None:
                raise ValueError(f"{key}: no {kind.plural} are looked for ({kind.key} is null)")
            if second.model_dump() == first.model_dump():
                raise ValueError(
                    f"{key}: identical to {kind.key}, so it would miss the same regions; name "
                    "another detector, or the same one at another scale"
                )
        return self

    @model_validator(mode="after")
    def _something_is_looked_for(self) -> Self:
        for name, variant in self.variants.items():
            if variant.method in IMAGES_ONLY and not self.pii.detectors:
                raise ValueError(
                    f"variants.{name}: {variant.method} would change nothing, since pii.faces and "
                    "pii.license_plates are both null; name a detector"
                )
        return self

    @model_validator(mode="after")
    def _random_drops_have_their_treatment(self) -> Self:
        drops = {name: one for name, one in self.variants.items() if isinstance(one, Drop)}
        widths = {one.min_width for one in drops.values() if not one.at_random}
        for name, one in drops.items():
            if one.at_random and one.min_width not in widths:
                raise ValueError(
                    f"variants.{name}: it is the control for a variant of method drop with "
                    f"min_width {one.min_width:g}, which is missing; add it, or correct min_width"
                )
        return self
