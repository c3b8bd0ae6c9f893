"""Results of the script as a table for docs/detectron2.md."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from benchmarks.gpu.budget import PartResult, State
from benchmarks.gpu.parts import MODES, STOCK

Numbers = Mapping[str, Any]
WITHOUT_GPU = "A few steps at small size: this shows that all parts work, not how fast they are."


def markdown(surroundings: Mapping[str, str], results: Sequence[PartResult]) -> str:
    """Tables of speed and of checks, and what is missing in them.

    Args:
        surroundings: names and values of the conditions: hardware, versions, commit.
        results: result of each part.
    """
    found = {one.name: one for one in results}
    numbers = {name: one.numbers for name, one in found.items()}
    rows = [_training(mode, numbers) for mode in MODES]
    rows += [_row("prediction, exact", numbers, "prediction, exact")]
    checks = [("doctor", found.get("doctor")), ("stop and resume", found.get("stop and resume"))]
    lines = [(name, _check(one)) for name, one in checks]
    lines += [("Table II", _table_2(found.get("Table II")))]
    unfinished = [
        f"- {one.name}: {one.state}: {one.reason}" for one in results if one.state != State.DONE
    ]
    unfinished += _absent(found)
    parts = [
        ", ".join(f"{name} {value}" for name, value in surroundings.items()) + ".",
        *([] if "GPU" in surroundings else [WITHOUT_GPU]),
        tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True),
        tabulate(lines, headers=["check", "result"], tablefmt="github", disable_numparse=True),
    ]
    if unfinished:
        parts.append("Left out or not finished:\n\n" + "\n".join(unfinished))
    return "\n\n".join(parts) + "\n"


def _training(mode: str, numbers: Mapping[str, Numbers]) -> dict[str, str]:
    return _row(f"training, {mode}", numbers, f"training, {mode}")


def _row(title: str, numbers: Mapping[str, Numbers], name: str) -> dict[str, str]:
    ours, stock = (numbers.get(f"{name}: {side}") or {} for side in ("ours", "stock"))
    speeds = ours.get("images_per_s"), stock.get("images_per_s")
    base = numbers.get("training, exact: ours", {}).get("images_per_s")
    is_training = title.startswith("training")
    return {
        "": title,
        "images/s": _number(speeds[0]),
        "to exact": _ratio(speeds[0], base) if is_training else "",
        "DefaultTrainer, images/s": _number(speeds[1]),
        "ratio": _ratio(*speeds),
        "peak memory, GiB": _pair(ours, stock, _memory),
        "GPU busy": _pair(ours, stock, _busy),
    }


def _memory(numbers: Numbers) -> str:
    mib = numbers.get("torch_mib", numbers.get("rss_mib"))
    return "" if mib is None else f"{mib / 1024:.1f}"


def _busy(numbers: Numbers) -> str:
    share = numbers.get("gpu_busy")
    return "" if share is None else f"{100 * share:.0f} %"


def _pair(ours: Numbers, stock: Numbers, text: Any) -> str:
    return " and ".join(filter(None, (text(ours), text(stock))))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _ratio(one: float | None, other: float | None) -> str:
    return f"{one / other:.2f}" if one is not None and other else ""


def _check(result: PartResult | None) -> str:
    if result is None or result.state != State.DONE:
        return "not done" if result is None else f"{result.state}"
    found = result.numbers
    if not found:
        return f"passed ({result.seconds:.0f} s)"
    where = f"stopped at iteration {found['resumed_from'][0]} of {found['iterations']}"
    if found["equal"]:
        return f"{where}: weights equal to the last bit"
    return f"{where}: weights DIFFER, by up to {found['largest_difference']:.1e}"


def _table_2(result: PartResult | None) -> str:
    if result is None:
        return "not done"
    runs, means = result.numbers.get("runs", 0), result.numbers.get("map", {})
    cells = [f"{name} {one['mean']:.3f} ± {one['std']:.3f}" for name, one in means.items()]
    text = f"{runs} runs in {result.seconds:.0f} s"
    return f"mAP {', '.join(cells)}: {text}" if cells else f"{text}, no table"


def _absent(found: Mapping[str, PartResult]) -> list[str]:
    if f"training, {STOCK[0]}: stock" in found:
        return []
    return [
        "- detectron2's own trainer and predictor: detectron2 is not installed here, so the "
        "engine is torchvision"
    ]
