"""All attacks on one variant."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from identity_attacks.evidence import Evidence, NotPossibleError

from workflow_scripts.contracts.attacks import NOTHING_LEFT, AttackRun, none_large_enough
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.attack import Attack

UNTREATED = (
    "the attacker has no pictures that were treated alike, which are impossible for images made "
    "elsewhere or from labels"
)


def run_attacks(
    attacks: Sequence[Attack],
    originals: Callable[[Kind], Evidence],
    variant: Callable[[Kind], Evidence],
    method: Mapping[str, Any],
    threads: int = 1,
) -> Iterator[AttackRun]:
    """Run the attacks one by one.

    Args:
        attacks: attacks of the config.
        originals: untreated regions of a kind, and the attacker's own pictures.
        variant: the same, treated; without pictures if the attacker cannot apply the method.
        method: settings of the variant's method.
        threads: CPU threads that an attack may use.
    """
    for attack in attacks:
        said = {
            "title": attack.title,
            "kind": attack.kind,
            "question": attack.question,
            "measures": attack.measures,
        }
        old, new = originals(attack.kind), variant(attack.kind)
        try:
            if not old.frames:
                raise NotPossibleError(none_large_enough(attack.kind))
            if not new.frames:
                raise NotPossibleError(NOTHING_LEFT)
            if attack.needs_pictures and not new.pictures:
                raise NotPossibleError(UNTREATED)
            success = attack.prepare(old, method, threads)(new)
            if not success.rates:
                reasons = *success.not_measured.values(), *success.left_out
                raise NotPossibleError("; ".join(dict.fromkeys(reasons)))
            yield AttackRun(**said, success=success)
        except NotPossibleError as error:
            yield AttackRun(**said, reason=str(error))


def installed(attacks: Sequence[Attack]) -> list[str]:
    """The installed optional modules of these attacks: results depend on them."""
    names = sorted({name for attack in attacks for name in attack.modules})
    return [name for name in names if importlib.util.find_spec(name) is not None]
