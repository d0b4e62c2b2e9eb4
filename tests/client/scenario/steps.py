"""A step: a method that does one thing, and what is expected to come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from scoreganizer_client_lib import exceptions

Outcome = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass
class Step:
    """`expected` is None where whatever happens is fine, and only reported."""

    name: str
    expected: Outcome | None
    action: Callable[[], Any]


def returns(value: Any) -> Outcome:
    return {"returned": value}


def raises(code: str, name: str = "ScoreganizerError", wait: bool = False) -> Outcome:
    """An error code, and its class; 0.2.0 has not all of them, and raises the base class."""
    known = getattr(exceptions, name, exceptions.ScoreganizerError).__name__
    return {"raised": known, "error": code, "wait": wait}


def step(expected: Outcome | None) -> Callable[[Method], Method]:
    """Marks a method as a step."""

    def mark(method: Method) -> Method:
        method.expected = expected  # type: ignore[attr-defined]
        return method

    return mark


def steps_of(part: object) -> Iterator[Step]:
    """The steps of a part of the scenario, in the order in which they are written down."""
    for name, method in vars(type(part)).items():
        if hasattr(method, "expected"):
            yield Step(name, method.expected, getattr(part, name))


def outcome(action: Callable[[], Any]) -> Outcome:
    """What an action returned or raised, as JSON can hold it."""
    try:
        return returns(action())
    except exceptions.ScoreganizerError as error:  # in 0.2.0 not an Exception
        wait = isinstance(error, exceptions.ScoreganizerWait) and bool(error.wait_time)
        return {"raised": type(error).__name__, "error": error.error, "wait": wait}
    except exceptions.NetworkException:
        return {"raised": "NetworkException"}
    except Exception as error:
        return {"raised": type(error).__name__, "text": str(error)}
