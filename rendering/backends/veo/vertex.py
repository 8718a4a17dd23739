"""VertexShop: the Veo models, which a Google Cloud project pays for."""

from __future__ import annotations

from pathlib import Path

import google.auth
from google import genai
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.genai import errors, types
from google.oauth2 import service_account

from episodes.errors import BadInput, FailureClass, RenderFailed
from rendering.backends.bought.shop import Finished, Over, Placed, Refused, Request, Trouble, Unclear, Unknown, Working
from rendering.backends.veo.asking import LOST, NONSENSE, Asking, headers_of, http_options
from rendering.backends.veo.options import Setup

KEY_NAME = "GOOGLE_APPLICATION_CREDENTIALS"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class VertexShop:
    """Implements Shop. There is no way to cancel: what was ordered is made, and a retried beat goes on with it."""

    def __init__(self, setup: Setup, credentials: Credentials) -> None:
        self._setup = setup
        self._asking = Asking(setup, key_name=KEY_NAME)
        self._client = genai.Client(
            vertexai=True,
            project=setup.project,
            location=setup.location,
            credentials=credentials,
            http_options=http_options(setup),
        )

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        aspect, resolution = request.size.split()
        config = types.GenerateVideosConfig(
            number_of_videos=1,
            duration_seconds=request.seconds,
            aspect_ratio=aspect,
            resolution=resolution,
            negative_prompt=request.negative_prompt or None,
            seed=request.seed,
            last_frame=_image(last_frame),
            generate_audio=False,  # a film's clips are silent
        )
        source = types.GenerateVideosSource(prompt=request.prompt, image=_image(first_frame))
        try:
            operation = self._client.models.generate_videos(model=request.model, source=source, config=config)
        except errors.APIError as error:
            return self._asking.not_ordered(error.code, error.message or "", headers_of(error))
        except GoogleAuthError as error:
            return Refused(failure=self._asking.unsigned(error))
        except LOST as error:
            return self._asking.not_answered(error)
        except NONSENSE as error:
            return self._asking.not_understood(str(error))
        if not operation.name:
            return Unclear(reason=f"{self._setup.server} took it, but named no operation.")
        return Placed(operation=operation.name)

    def look(self, operation: str) -> Working | Finished | Over | Trouble | Unknown:
        try:
            found = self._client.operations.get(types.GenerateVideosOperation(name=operation))
        except errors.APIError as error:
            return self._asking.not_seen(error.code, error.message or "", headers_of(error), operation)
        except GoogleAuthError as error:
            return Trouble(failure=self._asking.unsigned(error))
        except LOST as error:
            return self._asking.away(error)
        except NONSENSE as error:
            return self._asking.not_readable(str(error))
        if not found.done:
            return Working() if found.name else self._asking.not_readable("it names no order")
        if found.error:
            code, said = found.error.get("code"), str(found.error.get("message", ""))
            return Over(failure=self._asking.came_to_nothing(code, said))
        return self._delivered(found.response)

    def cancel(self, operation: str) -> bool:
        return False

    def _delivered(self, response: types.GenerateVideosResponse | None) -> Finished | Over:
        if response is None:
            return Over(failure=self._asking.came_to_nothing(None, "its answer is empty"))
        for video in (one.video for one in response.generated_videos or [] if one.video is not None):
            if video.video_bytes:
                return Finished(clip=video.video_bytes)
            if video.uri:
                return Over(failure=self._left_elsewhere(video.uri))
        if response.rai_media_filtered_count:
            return Over(failure=self._asking.blocked("; ".join(response.rai_media_filtered_reasons or [])))
        failure = RenderFailed(f"{self._setup.server} made no clip, and did not say why.", FailureClass.OUTPUT)
        return Over(failure=failure)

    def _left_elsewhere(self, uri: str) -> RenderFailed:
        """Its bytes were asked for, and the next one that is bought would come the same way."""
        address = uri.partition("?")[0]  # what follows may be a signature
        said = f"{self._setup.server} left the clip at {address}, from where it is not fetched."
        return RenderFailed(said, FailureClass.CONTENT, "It is paid, and lies there. Retrying this beat buys another one.")


def _image(png: bytes | None) -> types.Image | None:
    return types.Image(image_bytes=png, mime_type="image/png") if png is not None else None


def credentials_of(path: Path | None) -> Credentials:
    """Of the service account whose key file this is; None: of whatever this machine is. Raises BadInput."""
    hint = f"Name a service account's key file in {KEY_NAME}."
    try:
        if path is not None:
            account: Credentials = service_account.Credentials.from_service_account_file(str(path), scopes=SCOPES)
            return account
        credentials, _ = google.auth.default(scopes=SCOPES)
    except OSError as error:
        raise BadInput(f"{KEY_NAME} names {path}, which cannot be read: {error.strerror}.", hint, KEY_NAME) from error
    except (GoogleAuthError, ValueError):  # their words may hold parts of the file
        raise BadInput("The Veo models need credentials of Google's, and there are none that work.", hint, KEY_NAME) from None
    return credentials
