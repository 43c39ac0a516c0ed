"""Settings for modules that a program starts without arguments of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from biaoshi import Identity, Notice


class Environment:
    """The variables that begin with ``BIAOSHI_``."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        return self._values.get("BIAOSHI_" + name, "").strip() or None

    def required(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise ValueError(f"give `label`, or set BIAOSHI_{name} in the environment")
        return found

    def words(self, name: str) -> tuple[str, ...] | None:
        words = [word.strip() for word in (self.text(name) or "").split(",")]
        return tuple(word for word in words if word) or None

    def notice(self) -> Notice | None:
        reason = self.text("NO_NOTICE")
        return None if reason is None else Notice.none(reason)

    def identity(self) -> Identity | None:
        folder = self.text("IDENTITY")
        return None if folder is None else Identity.load(folder)


def some(given: str | Sequence[str] | None, env: Sequence[str] | None, default: Sequence[str]) -> tuple[str, ...]:
    found = given if given is not None else env if env is not None else default
    return (found,) if isinstance(found, str) else tuple(found)


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}")
    return value


def positive(name: str, given: int | None, env: str | None, default: int) -> int:
    try:
        number = given if given is not None else default if env is None else int(env)
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must be a whole number of at least 1")
    return number
