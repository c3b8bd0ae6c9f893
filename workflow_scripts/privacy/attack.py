"""The protocol of attacks."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from identity_attacks.evidence import Evidence
from identity_attacks.rates import Success
from plain_commands.section import Section

from workflow_scripts.contracts.regions import Kind

RETRIEVAL = ("rank_1", "rank_5", "tar_at_far_0.01", "tar_at_far_0.001", "auc")
"""Measures of attacks that search a gallery for a person."""
Run = Callable[[Evidence], Success]
"""Function that runs a prepared attack on a variant."""


class Attack(Section):
    """One way to learn who or what was hidden. Its fields are its settings.

    A new attack is a module in `privacy/attacks/` with a subclass that has a field
    `attack: Literal["its name"] = "its name"` and the method `prepare`.
    """

    kind: ClassVar[Kind]
    """Kind of the attacked regions."""
    measures: ClassVar[tuple[str, ...]]
    """Names of the rates that it measures."""
    needs_pictures: ClassVar[bool] = False
    """Whether the attacker applies the variant's method to their own pictures."""
    question: ClassVar[str]
    """What its success would reveal, as the end of the sentence "Can an attacker …?"."""

    attack: str
    """Name of the attack."""

    @property
    def title(self) -> str:
        """Name with the tool that it uses; unique in an experiment."""
        return self.attack.replace("_", " ")

    @property
    def modules(self) -> tuple[str, ...]:
        """Optional Python modules that it needs; its result depends on them."""
        return ()

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """Prepare the attack, so that it can run on a variant.

        Args:
            originals: untreated regions, and the attacker's own pictures of the same people.
            method: settings of the variant's method, which the attacker knows.
            threads: CPU threads that it may use.

        Raises:
            NotPossibleError: it cannot be tried here; the returned function may raise this too.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method prepare()")
