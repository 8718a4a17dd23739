"""Stored files to clients: local ones with ranges and validators, remote ones as a redirect to a signed link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api.problems import ProblemError
from episodes.errors import NotFound
from episodes.job import StoredFile
from episodes.model import Artifact
from episodes.ports import ArtifactStore

# bytes under a key never change, but the path names the newest version: look again each time, which the ETag makes cheap
CACHE_CONTROL = "private, no-cache"


def file_of(artifacts: Sequence[Artifact], artifact_type: str) -> StoredFile | None:
    """A view holds the selected attempt's artifacts: one of each type."""
    return next((a.file for a in artifacts if a.artifact_type == artifact_type), None)


def file_answer(request: Request, store: ArtifactStore, file: StoredFile, file_name: str) -> Response:
    """Raises NotFound when the store lost it."""
    headers = {"ETag": f'"{file.sha256}"', "Cache-Control": CACHE_CONTROL}
    if _has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    download = store.download(file.key, file_name)
    if download.url is not None:
        # the link ends soon: nobody may keep the redirect
        return RedirectResponse(download.url, 307, {"Cache-Control": "no-store"})
    if download.path is None or not download.path.is_file():
        raise NotFound("file", file.key)
    return RangedFile(
        download.path, headers=headers, media_type=file.media_type, filename=file_name, content_disposition_type="inline"
    )


def _has_it(request: Request, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in known or known == ["*"]


class RangedFile(FileResponse):
    """A file response whose refusals of a range are problems, too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _Refusal(send)
        await super().__call__(scope, receive, refusal)
        if refusal.status == 400:  # RFC 9110: a Range that cannot be read is ignored
            whole = {**scope, "headers": [(k, v) for k, v in scope["headers"] if k.lower() != b"range"]}
            await super().__call__(whole, receive, send)
        elif refusal.status == 416:
            problem = ProblemError(
                416,
                "range-not-satisfiable",
                "The file is shorter than the range that was asked for.",
                hint="Its length stands in `Content-Range`.",
                headers={"Content-Range": refusal.content_range},
            )
            await problem.response(scope)(scope, receive, send)


@dataclass(slots=True, eq=False)
class _Refusal:
    """A `send` that holds back an answer of 400 or 416 and notes it."""

    _send: Send
    status: int = 0
    content_range: str = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (400, 416):
            self.status = message["status"]
            headers = {k.lower(): v for k, v in message["headers"]}
            self.content_range = headers.get(b"content-range", b"").decode("latin-1")
        if not self.status:
            await self._send(message)
