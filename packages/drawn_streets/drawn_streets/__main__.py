"""`python -m drawn_streets`: draw a data set."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from .errors import SettingsError
from .scenes import SceneSettings
from .writer import WrittenScene, write_data_set


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0, or 2 for settings that cannot be drawn."""
    parser = argparse.ArgumentParser(
        prog="python -m drawn_streets",
        description="Draw street scenes with exact masks, faces and license plates, in the "
        "Cityscapes layout. The same options give the same files.",
    )
    add = partial(parser.add_argument, type=int, metavar="N")
    parser.add_argument("--output", type=Path, required=True, help="the data set's folder")
    add("--seed", default=0, help="another seed draws other scenes")
    add("--width", default=1024, help="pixels (default: 1024)")
    add("--height", default=512, help="pixels (default: 512)")
    for split, count in (("train", 160), ("val", 60), ("test", 0)):
        text = f"{split} scenes (default: {count})"
        add(f"--{split}", default=count, help=text)
    add("--workers", default=os.cpu_count() or 1, help="processes (default: all CPUs)")
    given = parser.parse_args(argv)
    images = {"train": given.train, "val": given.val, "test": given.test}
    images = {split: count for split, count in images.items() if count != 0}

    def shown(scenes: Iterable[WrittenScene]) -> Iterator[WrittenScene]:
        for done, scene in enumerate(scenes, start=1):
            print(f"\r{done}/{sum(images.values())} scenes", end="", file=sys.stderr)
            yield scene

    try:
        settings = SceneSettings(given.seed, given.width, given.height)
        write_data_set(given.output, settings, images, workers=given.workers, progress=shown)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        reason = f"cannot be written ({error.strerror}); name another folder"
        print(f"error: {given.output}: {reason}", file=sys.stderr)
        return 2
    print(f"\n{given.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
