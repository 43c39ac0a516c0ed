"""What can go wrong, by who can act on it."""

from __future__ import annotations

from typing import Any, Literal

Texts = tuple[tuple[str, str], tuple[str, str]]


class BiaoshiError(Exception):
    """Something went wrong; the classes below say who can act on it."""

    code: str
    """Stable code, for example `label.exists`; `biaoshi explain CODE` says more."""
    hint: str
    """What to do about it; may be empty."""
    offset: int | None
    """Byte offset in the content, where one applies."""

    def __init__(self, code: str, texts: Texts, offset: int | None = None, errno: int | None = None) -> None:
        super().__init__(texts[0][0])
        self.code = code
        self.hint = texts[0][1]
        self.offset = offset
        self._texts = texts
        if errno is not None:
            # Only the classes that are an `OSError` too have a number.
            setattr(self, "errno", errno)  # noqa: B010

    def text(self, lang: Literal["en", "zh"] = "en") -> str:
        """The sentence in English or Chinese; strings that came from a file are escaped."""
        return self._texts[lang == "zh"][0]

    def __str__(self) -> str:
        return f"{self.text()} [{self.code}]"

    def __reduce__(self) -> tuple[Any, ...]:
        errno = getattr(self, "errno", None)
        # Notes and what callers added are kept too.
        return type(self), (self.code, self._texts, self.offset, errno), self.__dict__


class InvalidError(BiaoshiError, ValueError):
    """An argument breaks a rule of a standard or of this library: the caller."""


class MalformedError(BiaoshiError, ValueError):
    """The bytes do not follow their format's grammar: the file."""


class UnsupportedError(BiaoshiError, ValueError):
    """A format, variant or feature that is not handled: the file, or this library."""


class LimitError(BiaoshiError, ValueError):
    """A bound on memory or work was reached: who sets the limits."""


class RefusedError(BiaoshiError, ValueError):
    """The step would lose or contradict something that the file holds: the caller decides."""


class SigningError(BiaoshiError, RuntimeError):
    """A key, certificate or signature could not be used: who keeps the keys."""


class IoError(BiaoshiError, OSError):
    """Reading or writing failed: the environment."""


class NotFoundError(IoError, FileNotFoundError):
    """There is no such file."""


class DeniedError(IoError, PermissionError):
    """The file may not be read or written."""


class InternalError(BiaoshiError, RuntimeError):
    """What was written did not read back as promised, and was discarded: this library."""
