"""Membership: whether runs betray what they were trained on, as numbers and as text."""

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
"""Images of a group that a comparison takes."""
CAPTION = (
    "Membership: an image with a small loss is taken for one that the run was trained on (Yeom et "
    "al. 2018), with 95 % confidence intervals over images. Compared with images left out at "
    "random, it is membership alone. Compared with validation images, whatever else differs "
    "between the two splits counts too; rows of unseen images show how much, by training images "
    "that the run has not seen either."
)


@dataclass(frozen=True)
class MembershipAttack:
    """How well a run's losses tell some training images from others that it has not seen."""

    variant: str
    seed: int
    first: str
    """What the training images are: `trained` or, as a control, `unseen`."""
    others: str
    """What they are told from: `VALIDATION` or `LEFT_OUT`."""
    n_others: int
    success: Success

    @property
    def is_control(self) -> bool:
        """Whether the run has seen neither, so that an AUC above 0.5 is no membership."""
        return self.first == "unseen"


def attacks_of(
    files: Sequence[MembershipLosses], methods: Mapping[str, Mapping[str, Any]]
) -> list[MembershipAttack]:
    """The comparisons of every run.

    Args:
        files: losses of the runs.
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
                    f"images and {len(theirs)} {others} with an object, where {FEWEST} of each are "
                    "needed; set it to null"
                )
            success = membership(losses, theirs)
            found.append(
                MembershipAttack(file.variant, file.seed, first, others, len(theirs), success)
            )
    return found


def sentences(attacks: Sequence[MembershipAttack]) -> Iterator[str]:
    """What the attacks say of each variant: its run that betrays most."""
    controls = [one for one in attacks if one.is_control]
    for variant in dict.fromkeys(one.variant for one in attacks):
        own = [one for one in attacks if one.variant == variant and not one.is_control]
        worst = max(own, key=lambda one: one.success.rates["auc"].value)
        runs = f"the worst of {len(own)} runs" if len(own) > 1 else "one run"
        said = (
            f"{variant}, membership: its training images are told from {worst.others} by their "
            f"loss with an AUC of {_auc(worst)}, chance 0.5, in {runs}"
        )
        if worst.others == VALIDATION:
            said += f". {_of_the_splits(controls)}"
        yield said


def _of_the_splits(controls: Sequence[MembershipAttack]) -> str:
    if not controls:
        return (
            "Part of it can be a difference between training and validation images; a variant of "
            "method drop with at_random: true would show how much"
        )
    most = max(controls, key=lambda one: one.success.rates["auc"].value)
    return (
        f"A model that has seen neither ({most.variant}, seed {most.seed}) tells training from "
        f"validation images with {_auc(most)}, by the difference between the two"
    )


def _auc(one: MembershipAttack) -> str:
    return with_interval("auc", one.success.rates["auc"])


def text_tables(attacks: Sequence[MembershipAttack]) -> Iterator[TextTable]:
    """A table with a row for each comparison, if there is any."""
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
