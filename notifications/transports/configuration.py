"""From options, as settings hold them, to transports.

A kind of transport is a module or package beside this one with a function `from_options`, which takes the name under
which the transport is configured and its options, and gives it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from .options import Options
from .transport import ConfigurationError, Transport


def build(name: str, options: Mapping[str, Any]) -> Transport:
    """Make a transport. Raises `ConfigurationError`, which names what to change and shows no secret."""
    kind = str(options.get("kind", name))
    if kind not in kinds():
        raise ConfigurationError(f"{name}: there is no kind “{kind}” of transport; there are {', '.join(kinds())}.")
    return kinds()[kind](name, {option: value for option, value in options.items() if option != "kind"})


@cache
def kinds() -> Mapping[str, Callable[[str, Options], Transport]]:
    """Give what makes a transport of each kind, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = {name: import_module(f".{name}", __package__) for name in names}
    return {name: module.from_options for name, module in modules.items() if hasattr(module, "from_options")}
