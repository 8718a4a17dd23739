"""Whatever went wrong while a clip was made → RenderFailed with the class that decides what happens next."""

from __future__ import annotations

import errno

from episodes.errors import BadInput, FailureClass, RenderFailed, StoryWorldError, Unavailable

_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)


def failure_of(error: Exception) -> RenderFailed:
    """For an edge that turns any surprise into a status. A RenderFailed stays what it is."""
    if isinstance(error, RenderFailed):
        return error
    return RenderFailed(_reason(error), _class_of(error))


def _reason(error: Exception) -> str:
    if isinstance(error, StoryWorldError):
        return str(error)
    return f"{type(error).__name__}: {error}".strip().removesuffix(":")


def _class_of(error: Exception) -> FailureClass:
    match error:
        case MemoryError():
            return FailureClass.RESOURCE
        case _ if type(error).__name__ == "OutOfMemoryError":  # torch's, by name: importing torch to ask would cost seconds
            return FailureClass.RESOURCE
        case BadInput() | ValueError():
            return FailureClass.CONTENT
        case Unavailable() | ConnectionError():
            return FailureClass.INFRA
        case OSError() if error.errno in _DISK_IS_FULL:
            return FailureClass.INFRA
        case _:
            return FailureClass.OUTPUT
