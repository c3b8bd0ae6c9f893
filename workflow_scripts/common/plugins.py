"""Discovery of the classes that extend the workflow: one file in one folder, no registration."""

import importlib
import pkgutil
from typing import Any, TypeVar

from plain_commands.section import Section

Base = TypeVar("Base", bound=Section)


def plugins_in(package: str, base: type[Base]) -> tuple[type[Base], ...]:
    """All subclasses of `base` defined in the modules of `package`, in the order of the modules.

    Args:
        package: dotted name of a package whose modules are one plug-in each.
        base: the protocol of the plug-ins.
    """
    folder = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(folder))
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    return tuple(
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    )


def looked_up(module: str, name: str) -> Any:
    """An object of another stage, imported by name at run time: stages do not import each other."""
    return getattr(importlib.import_module(module), name)
