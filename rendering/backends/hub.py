"""Hub: what the libraries say when weights cannot be read, in a sentence and as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import torch
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from episodes.errors import BadInput, StoryWorldError, Unavailable
from rendering.backends.weights import Weights

_UNREACHED = (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError, TimeoutError, httpx2.TransportError)
_TOO_MANY = 429


@contextmanager
def reading(weights: Weights, what: str, *, hint: str) -> Iterator[None]:
    """Around a call of theirs that loads `what`. `hint`: what a person could give instead.

    Raises BadInput for what can never be read, Unavailable where the same call may work later; too little memory stays what it is.
    """
    default_dtype = torch.get_default_dtype()
    try:
        yield
    except (StoryWorldError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise _plainly(error, weights, what, hint) from error
    finally:
        torch.set_default_dtype(default_dtype)  # diffusers leaves the weights' own behind where it fails


def _plainly(error: Exception, weights: Weights, what: str, hint: str) -> StoryWorldError:
    """Their libraries report all of this as OSError, ValueError or KeyError, with the cause below."""
    causes = [error, *_causes(error)]
    if any(isinstance(cause, _UNREACHED) or _is_busy(cause) for cause in causes):
        return Unavailable(f"The hub cannot be reached for {weights.label!r}.", "Give a folder, or run `warm` where it can be.")
    refused = next((c for c in causes if isinstance(c, HfHubHTTPError)), None)
    if refused is not None:
        return BadInput(f"The hub does not give out {weights.label!r}: {_first_line(refused)}", hint, where="options")
    folder = Path(weights.repository)
    if folder.is_absolute() and not folder.exists():
        return BadInput(f"There is no folder {weights.repository!r} to load the {what} from.", hint, where="options")
    return BadInput(f"The {what} of {weights.label!r} cannot be loaded: {_first_line(error)}", hint, where="options")


def _is_busy(cause: BaseException) -> bool:
    """The hub answered, but not to what was asked."""
    if not isinstance(cause, HfHubHTTPError):
        return False
    status: int = cause.response.status_code
    return status == _TOO_MANY or status >= 500


def _causes(error: BaseException) -> list[BaseException]:
    below = error.__cause__ or error.__context__
    return [] if below is None else [below, *_causes(below)]


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
