"""Users' own transforms: Python functions named ``package.module:function``, off unless allowed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from importer.errors import MappingError
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.runtime.certificates import read_certificates


class OwnSteps:
    """The functions that a mapping names, imported once the command line allows it."""

    def __init__(self, names: Iterable[str], *, allowed: bool) -> None:
        wanted = dict.fromkeys(names)
        if wanted and not allowed:
            raise MappingError(
                f"The mapping runs Python code of its own ({', '.join(wanted)}). If you trust it, "
                "allow that with --allow-transforms."
            )
        self._functions = {name: guarded(name, find_function(name)) for name in wanted}

    def find(self, name: str) -> Callable[[str], ReadValue]:
        return self._functions[name]


def find_function(name: str) -> Callable[[str], Any]:
    """Import ``package.module:function``, also from the working folder. Raises MappingError."""
    module_name, _, function_name = name.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:  # noqa: PTH109  (sys.path holds texts)
        # A console script does not search the working folder, where such a module usually lies.
        sys.path.append(os.getcwd())  # noqa: PTH109
    read_certificates()  # it may ask somebody
    try:
        found = getattr(importlib.import_module(module_name), function_name)
    except ImportError as cause:
        raise MappingError(f"The transform {name!r} cannot be imported: {cause}.") from cause
    except AttributeError:
        raise MappingError(f"The module {module_name!r} has no function {function_name!r}.") from None
    except Exception as cause:
        raise MappingError(f"The transform {name!r} failed on import: {type(cause).__name__}.") from cause
    if not callable(found):
        raise MappingError(f"{name!r} is no function.")
    return found  # type: ignore[no-any-return]


def guarded(name: str, function: Callable[[str], Any]) -> Callable[[str], ReadValue]:
    """Turn what a user's function raises into a fault of the row; its ValueError speaks for itself."""

    def run(text: str) -> ReadValue:
        try:
            result = function(str(text))
        except ValueError as refused:
            return ValueFault("transform_failed", f"{quoted(text)} was refused by {name}: {refused}")
        except Exception as broken:  # noqa: BLE001  (any bug of a user's function is that row's fault, not the run's)
            return ValueFault(
                "transform_failed", f"{quoted(text)} made {name} fail with {type(broken).__name__}"
            )
        if result is None or isinstance(result, str | int | float | bool):
            return result
        return ValueFault(
            "transform_failed", f"{quoted(text)} made {name} return {type(result).__name__}, not a text"
        )

    return run
