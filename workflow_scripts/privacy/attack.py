"""The protocol of attacks."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from identity_attacks.evidence import Evidence
from identity_attacks.rates import Success
from plain_commands.section import Section

from workflow_scripts.contracts.regions import Kind

RETRIEVAL = ("rank_1", "rank_5", "tar_at_far_0.01", "tar_at_far_0.001", "auc")
"""Measures of attacks that look somebody up in a gallery."""
Run = Callable[[Evidence], Success]
"""Runs a prepared attack on a variant."""


class Attack(Section):
    """One way to learn who or what was hidden. Its fields are its settings.

    A new attack is a module in `privacy/attacks/` with a subclass that has a field
    `attack: Literal["its name"] = "its name"` and the method `prepare`.
    """

    kind: ClassVar[Kind]
    """What it attacks."""
    measures: ClassVar[tuple[str, ...]]
    """Names of the rates that it measures."""
    needs_pictures: ClassVar[bool] = False
    """Whether the attacker treats pictures of their own as the variant's were treated."""
    question: ClassVar[str]
    """What its success would tell an attacker, as the end of the sentence "Can an attacker …?"."""

    attack: str
    """Name of the attack."""

    @property
    def title(self) -> str:
        """Its name with the tool that it uses; unique in an experiment."""
        return self.attack.replace("_", " ")

    @property
    def modules(self) -> tuple[str, ...]:
        """Python modules that it needs and that may be absent; its result depends on them."""
        return ()

    def prepare(self, originals: Evidence, method: Mapping[str, Any], threads: int) -> Run:
        """The attack, ready to be run on a variant.

        Args:
            originals: untreated regions, and the attacker's own pictures of the same people.
            method: settings of the variant's method, which the attacker knows.
            threads: CPU threads that it may use.

        Raises:
            NotPossibleError: it cannot be tried here; so may running it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method prepare()")
