"""What schemathesis sends, led to things that exist: numbers at random would find nothing to go wrong with."""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

KNOWN: dict[str, list[Any]] = json.loads(os.environ["PORCHLIGHT_TEST_KNOWN"])
"""By the name of a parameter, the values that mean something."""


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    return _known(path_parameters)


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    return _known(query)


def _known(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Two in three values become one that exists; what is not of the parameter's kind stays, to be refused."""
    for name, values in KNOWN.items():
        value = (given or {}).get(name)
        if given is None or type(value) is not type(values[0]):
            continue
        number = value if isinstance(value, int) else sum(map(ord, value))
        if number > 0 and number % 3:
            given[name] = values[number % len(values)]
    return given
