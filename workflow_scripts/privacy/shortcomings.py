"""Findings in the audits of variants that need attention."""

from collections.abc import Sequence

from plain_commands.counts import counted
from twin_comparison.tolerance import ASSUMPTION

from workflow_scripts.contracts.audits import Audit


def shortcomings(audits: Sequence[Audit]) -> list[str]:
    """Findings that need attention, one sentence each; the originals have none."""
    found = []
    for audit in audits:
        if audit.originals:
            continue
        if whole := audit.images.whole_image:
            found.append(
                f"{audit.variant}: {whole} of {audit.images.n} images were compared inside "
                "the regions only (whole_image); a face or plate that was just moved, as in "
                "a turned image, counts as changed and is not looked for elsewhere"
            )
        if assumed := audit.images.tolerance_assumed:
            found.append(f"{audit.variant}: in {assumed} of {audit.images.n} images {ASSUMPTION}")
        for kind in audit.kinds:
            block = audit.of(kind)
            if block.unchanged.n:
                what = f"{block.unchanged.n} of {block.regions} {kind.plural} unchanged"
                found.append(_sentence(audit, what, block.unchanged.images))
        for part, noun, what in (
            (audit.outside, "image", "changed outside the regions"),
            (audit.metadata, "file", f"with metadata ({', '.join(audit.metadata.kinds)})"),
        ):
            if part.n:
                found.append(_sentence(audit, f"{counted(part.n, noun)} {what}", part.images))
    return found


def _sentence(audit: Audit, what: str, images: Sequence[str]) -> str:
    return f"{audit.variant}: {what}, e.g. in {', '.join(images[:3])}"
