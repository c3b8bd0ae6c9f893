"""Membership inference: what runs reveal about their training images, as numbers and as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figures_and_tables.tables import TextTable
from identity_attacks.membership import membership
from identity_attacks.rates import Success
from plain_commands.errors import UserError

from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.memberships import MembershipLosses
from workflow_scripts.privacy.judging import name_of, with_interval
from workflow_scripts.privacy.table import UNDEFINED, WHOLE, Row

VALIDATION, LEFT_OUT = "validation images", "images left out at random"
MEASURES = ("auc", "tpr_at_fpr_0.01", "tpr_at_fpr_0.001")
TITLE = "Membership"
FEWEST = 2
"""Minimum number of images per group in a comparison."""
CAPTION = (
    "Membership: an image with a small loss is assumed to be a training image of the run (Yeom et "
    "al. 2018), with 95 % confidence intervals over images. Compared with images left out at "
    "random, it is membership alone. Compared with validation images, other differences between "
    "the splits count too; rows of unseen images show how much, by training images that the run "
    "has not seen either."
)


@dataclass(frozen=True)
class MembershipAttack:
    """How well a run's losses separate some training images from unseen images."""

    variant: str
    seed: int
    first: str
    """Kind of the training images: `trained` or, as a control, `unseen`."""
    others: str
    """The images to separate them from: `VALIDATION` or `LEFT_OUT`."""
    n_others: int
    success: Success

    @property
    def is_control(self) -> bool:
        """Whether the run has seen neither group, so an AUC above 0.5 is not membership."""
        return self.first == "unseen"


def attacks_of(
    files: Sequence[MembershipLosses], methods: Mapping[str, Mapping[str, Any]]
) -> list[MembershipAttack]:
    """The comparisons of every run.

    Args:
        files: the runs' losses.
        methods: settings of each variant's method.

    Raises:
        UserError: a run has too few images.
    """
    found = []
    for file in files:
        drops_at_random = bool(methods.get(file.variant, {}).get("at_random"))
        pairs = [("trained", file.trained, VALIDATION, file.validation)]
        if drops_at_random and len(file.left_out) >= FEWEST:
            pairs = [
                ("trained", file.trained, LEFT_OUT, file.left_out),
                ("unseen", file.left_out, VALIDATION, file.validation),
            ]
        for first, losses, others, theirs in pairs:
            if min(len(losses), len(theirs)) < FEWEST:
                raise UserError(
                    f"privacy.membership: {file.variant}, seed {file.seed}: {len(losses)} {first} "
                    f"images and {len(theirs)} {others} with an object, but {FEWEST} of each are "
                    "needed; set it to null"
                )
            success = membership(losses, theirs)
            found.append(
                MembershipAttack(file.variant, file.seed, first, others, len(theirs), success)
            )
    return found


def sentences(attacks: Sequence[MembershipAttack]) -> Iterator[str]:
    """Conclusion per variant: the run that reveals the most."""
    controls = [one for one in attacks if one.is_control]
    for variant in dict.fromkeys(one.variant for one in attacks):
        own = [one for one in attacks if one.variant == variant and not one.is_control]
        worst = max(own, key=lambda one: one.success.rates["auc"].value)
        runs = f"the worst of {len(own)} runs" if len(own) > 1 else "one run"
        said = (
            f"{variant}, membership: its training images are separated from {worst.others} by "
            f"their loss with an AUC of {_auc(worst)}, chance 0.5, in {runs}"
        )
        if worst.others == VALIDATION:
            said += f". {_of_the_splits(controls)}"
        yield said


def _of_the_splits(controls: Sequence[MembershipAttack]) -> str:
    if not controls:
        return (
            "Part of this may be a difference between training and validation images; a variant of "
            "method drop with at_random: true would show how much"
        )
    most = max(controls, key=lambda one: one.success.rates["auc"].value)
    return (
        f"A model that has seen neither ({most.variant}, seed {most.seed}) separates training from "
        f"validation images with {_auc(most)}, by the difference between these splits"
    )


def _auc(one: MembershipAttack) -> str:
    return with_interval("auc", one.success.rates["auc"])


def text_tables(attacks: Sequence[MembershipAttack]) -> Iterator[TextTable]:
    """A table with a row per comparison, if any."""
    if attacks:
        yield TextTable(
            title=TITLE,
            columns=("Variant", "Seed", "Images", "Told from", *map(name_of, MEASURES), "n"),
            rows=tuple(map(_row, attacks)),
        )


def _row(one: MembershipAttack) -> tuple[str, ...]:
    rates = one.success.rates
    cells = [with_interval(name, rates[name]) if name in rates else UNDEFINED for name in MEASURES]
    n = f"{rates['auc'].n}, {one.n_others}"
    return one.variant, str(one.seed), one.first, one.others, *cells, n


def rows_of(attacks: Sequence[MembershipAttack]) -> Iterator[Row]:
    """Rows of the long table."""
    for one in attacks:
        for measure, rate in one.success.rates.items():
            name = f"membership:seed {one.seed}:{one.first} from {one.others}:{measure}"
            parts = {"": rate.value, ":low": rate.low, ":high": rate.high, ":chance": rate.chance}
            for part, value in parts.items():
                yield one.variant, WHOLE, ALL_SIZES, name + part, value, rate.n
