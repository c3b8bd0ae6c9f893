"""The commands as tests call them: their arguments in, their exit code out."""

from collections.abc import Callable, Sequence

from workflow_scripts.__main__ import PROGRAM


def _commands(*words: str) -> Callable[[Sequence[str]], int]:
    return lambda argv: PROGRAM.run([*words, *argv])


anonymization = _commands("anonymization")
cluster = _commands("cluster")
convert_labels = _commands("dataset", "convert")
draw = _commands("dataset", "draw")
evaluation = _commands("evaluation")
index = _commands("dataset", "index")
launch = _commands("launch")
pii = _commands("pii")
plan = _commands("plan")
privacy = _commands("privacy")
register = _commands("register")
report = _commands("report")
statistics = _commands("statistics")
status = _commands("status")
tables = _commands("tables")
training = _commands("training")
usage = _commands("usage")
weights = _commands("weights")
