"""OmniShop: the Omni models, which an API key pays for; each clip is an interaction that runs in the background."""

from __future__ import annotations

import base64

import httpx
import structlog
from google import genai
from google.genai import errors, types
from google.genai._interactions_errors import APIConnectionError, APIError, APIStatusError
from google.genai.interactions import Interaction, VideoContent
from pydantic import SecretStr

from episodes.errors import FailureClass, RenderFailed
from rendering.backends.bought.shop import Finished, Over, Placed, Refused, Request, Trouble, Unclear, Unknown, Working
from rendering.backends.veo.asking import LOST, NONSENSE, Asking, headers_of, http_options
from rendering.backends.veo.options import Setup

KEY_NAME = "GEMINI_API_KEY"
_GOING_ON = ("in_progress", "queued")
_UNKNOWN = "Invalid interaction name"
"""Said with a 400 of an interaction that it does not know."""

log = structlog.get_logger(__name__)


class OmniShop:
    """Implements Shop."""

    def __init__(self, setup: Setup, key: SecretStr) -> None:
        self._setup = setup
        self._asking = Asking(setup, key_name=KEY_NAME, key=key)
        self._client = genai.Client(vertexai=False, api_key=key.get_secret_value(), http_options=http_options(setup))

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        aspect, resolution = request.size.split()
        wishes: list[dict[str, str]] = [{"type": "text", "text": request.prompt}]
        if first_frame is not None:
            wishes.insert(0, {"type": "image", "data": base64.b64encode(first_frame).decode(), "mime_type": "image/png"})
        task = "text_to_video" if first_frame is None else "image_to_video"  # else it guesses what the picture is for
        try:
            made = self._client.interactions.create(
                model=request.model,
                input=wishes,
                generation_config={"seed": request.seed, "video_config": {"task": task}},
                response_format={
                    "type": "video",
                    "duration": f"{request.seconds}s",
                    "resolution": resolution,
                    "aspect_ratio": aspect,
                    "delivery": "uri",  # what is larger than 4 MB does not come in the answer
                },
                background=True,
                store=True,  # what is not stored cannot be asked for again
            )
        except APIStatusError as error:
            return self._asking.not_ordered(error.status_code, _words_of(error), error.response.headers)
        except APIConnectionError as error:
            return self._asking.not_answered(error)
        except (APIError, *NONSENSE) as error:
            return self._asking.not_understood(str(error))
        if not isinstance(made, Interaction) or not isinstance(made.id, str) or not made.id:
            return Unclear(reason=f"{self._setup.server} took it, but named no id.")
        return Placed(operation=made.id)

    def look(self, operation: str) -> Working | Finished | Over | Trouble | Unknown:
        try:
            return self._seen(operation)
        except APIStatusError as error:
            said = _words_of(error)
            status = httpx.codes.NOT_FOUND if _UNKNOWN in said else error.status_code
            return self._asking.not_seen(status, said, error.response.headers, operation)
        except errors.APIError as error:
            return self._asking.not_seen(error.code, error.message or "", headers_of(error), operation)
        except (APIConnectionError, *LOST) as error:
            return self._asking.away(error)
        except (APIError, *NONSENSE) as error:
            return self._asking.not_readable(str(error))

    def cancel(self, operation: str) -> bool:
        try:
            self._client.interactions.cancel(operation)
        except APIError as error:
            log.warning("order.not_cancelled", operation=operation, reason=str(self._asking.away(error).failure))
            return False
        return True

    def _seen(self, operation: str) -> Working | Finished | Over | Trouble:
        found = self._client.interactions.get(operation)
        if not isinstance(found, Interaction) or not isinstance(found.status, str):
            return self._asking.not_readable("it tells no status")
        if found.status in _GOING_ON:
            return Working()
        video = found.output_video
        return self._not_delivered(found) if video is None else self._delivered(video, operation)

    def _delivered(self, video: VideoContent, operation: str) -> Working | Finished | Over:
        if video.data:
            return Finished(clip=base64.b64decode(video.data))
        if not video.uri or "files/" not in video.uri:  # and the next one that is bought would come the same way
            said = f"{self._setup.server} says that {operation} is done, but not where its video is."
            return Over(failure=RenderFailed(said, FailureClass.CONTENT, "Retrying this beat buys it again."))
        return self._fetched(video.uri)

    def _fetched(self, uri: str) -> Working | Finished | Over:
        """From where Google keeps its files. A clip may still be on its way there when the interaction has ended."""
        file = self._client.files.get(name=uri)
        match file.state:
            case types.FileState.PROCESSING:
                return Working()
            case types.FileState.FAILED:
                said = file.error.message if file.error is not None else None
                return Over(failure=self._asking.came_to_nothing(None, said or "its file came to nothing"))
        return Finished(clip=self._client.files.download(file=uri))

    def _not_delivered(self, found: Interaction) -> Over:
        said = found.output_text or "; ".join(error.message or "" for error in found.errors or [])
        if found.status == "completed":  # it answers in words, or not at all, where it will not show something
            return Over(failure=self._asking.blocked(said))
        return Over(failure=self._asking.came_to_nothing(None, said or f"it is {found.status}"))


def _words_of(error: APIStatusError) -> str:
    """Google's own, out of the envelope that its errors come in."""
    envelope = error.body.get("error") if isinstance(error.body, dict) else None
    return str(envelope["message"]) if isinstance(envelope, dict) and "message" in envelope else error.message
