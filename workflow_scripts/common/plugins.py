"""Finding the classes that extend the workflow: one file in one folder, nothing to register."""

import importlib
import pkgutil
from typing import Any, TypeVar

from plain_commands.section import Section

Base = TypeVar("Base", bound=Section)


def plugins_in(package: str, base: type[Base]) -> tuple[type[Base], ...]:
    """All subclasses of `base` that the modules of `package` define, in the modules' order.

    Args:
        package: dotted name of a package whose modules are one plug-in each.
        base: the class that says what a plug-in has to have.
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
    """Something of another stage, by name at run time: stages do not import each other."""
    return getattr(importlib.import_module(module), name)
