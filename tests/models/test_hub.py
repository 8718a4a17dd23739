"""What the hub's libraries raise, in the chains of causes that they raise it in, as an error of ours."""

from __future__ import annotations

from contextlib import suppress

import httpx2
import pytest
import torch
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from episodes.errors import BadInput, Unavailable
from rendering.backends.hub import reading
from rendering.backends.weights import Weights


def an_answer(status: int) -> HfHubHTTPError:
    request = httpx2.Request("GET", "https://huggingface.co/api/models/owner/name")
    kind = RepositoryNotFoundError if status == 404 else HfHubHTTPError
    return kind(f"the hub says {status}", response=httpx2.Response(status, request=request))


def fail(error: Exception, cause: Exception | None = None) -> None:
    with reading(Weights(repository="owner/name"), "pipeline", hint="Give another."):
        raise error from cause


@pytest.mark.parametrize(
    "cause",
    [
        httpx2.ConnectError("[Errno -2] Name or service not known"),
        httpx2.ReadTimeout("The read operation timed out"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
        LocalEntryNotFoundError("we cannot find the requested files in the local cache"),
        ConnectionResetError("Connection reset by peer"),
        an_answer(429),
        an_answer(503),
    ],
    ids=lambda cause: str(cause)[:20],
)
def test_a_hub_that_cannot_be_reached_now_may_be_reached_later(cause: Exception) -> None:
    with pytest.raises(Unavailable, match="The hub cannot be reached for 'owner/name'"):
        fail(cause)
    with pytest.raises(Unavailable):
        fail(OSError("Cannot load model owner/name: the model is not fully cached locally"), cause)  # so diffusers


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_the_hub_does_not_give_out_is_a_matter_of_what_was_asked(status: int) -> None:
    with pytest.raises(BadInput, match=f"does not give out 'owner/name': the hub says {status}"):
        fail(OSError("Cannot load model owner/name"), an_answer(status))


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_too_little_memory_is_nobodys_mistake(error: Exception) -> None:
    with pytest.raises(type(error)):
        fail(error)


def test_the_type_of_numbers_that_they_set_does_not_outlive_their_failure() -> None:
    with suppress(BadInput), reading(Weights(repository="owner/name"), "UNet", hint=""):
        torch.set_default_dtype(torch.float16)
        raise OSError("it has no such file")

    assert torch.get_default_dtype() == torch.float32
