"""Keeps artifacts in a bucket of S3, R2 or any compatible server."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypedDict
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from episodes.errors import Damaged, NotFound, Unavailable
from episodes.job import StoredFile
from episodes.ports import Download
from storage.artifacts.copying import CHUNK_BYTES, Digest, arriving, check_not_empty, check_same, copy, digest_of
from storage.artifacts.keys import check_key, check_prefix, is_key
from storage.artifacts.recipes import S3Credentials, S3Recipe
from storage.artifacts.s3_client import answering, code_of, open_client

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 32 * 1024 * 1024  # nearly every clip is one PUT; 10,000 parts, S3's limit, make 312 GB
LINK_LIFETIME_S = 15 * 60  # long enough to begin a download, short enough to be worth little in a log

_NO_SUCH_KEY = ("404", "NoSuchKey")
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload")
"""Somebody was first: perhaps we ourselves, when the reply to our first try was lost."""

log = logging.getLogger(__name__)


class _Condition(TypedDict, total=False):
    IfNoneMatch: Literal["*"]


_ONLY_NEW: _Condition = {"IfNoneMatch": "*"}


class S3Artifacts:
    """An ArtifactStore in a bucket. Each object carries the SHA-256 of what was written, as metadata.

    Write-once is asked of the server (`If-None-Match: *`), which Amazon, R2 and MinIO keep. It is also looked up first, for servers that
    ignore the condition (rclone): there, of two writers of other bytes at the same instant, the later one replaces the earlier.
    What was put has arrived: the server said that it has our MD5, or the bytes were read back. Servers are asked to check (`Content-MD5`),
    but not all do. Bytes that were damaged on the way up are written over: nobody can use them, since they are not what their metadata says.
    A file above `part_bytes` goes up in parts of that size and takes its key, under the same condition, when the last is there. A writer killed in
    between leaves parts that no key shows; a bucket's rule to abort incomplete uploads after a day clears them.
    """

    def __init__(self, recipe: S3Recipe, credentials: S3Credentials, part_bytes: int = PART_BYTES) -> None:
        """`part_bytes`: at least 5 MiB, S3's own limit."""
        self._recipe = recipe
        self._bucket = recipe.bucket
        self._part_bytes = part_bytes
        self._client = open_client(recipe, credentials)

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        with path.open("rb") as source:
            return self._put(key, source, media_type)

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        return self._put(key, io.BytesIO(data), media_type)

    def get_bytes(self, key: str) -> bytes:
        target = io.BytesIO()
        self._fetch(key, target)
        return target.getvalue()

    def get_file(self, key: str, path: Path) -> None:
        with arriving(path) as target:
            self._fetch(key, target)

    def head(self, key: str) -> StoredFile | None:
        check_key(key)
        with answering(self._recipe):
            try:
                found = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in _NO_SUCH_KEY:
                    return None
                raise
        sha256 = _recorded_sha256(found["Metadata"])
        digest = Digest(size_bytes=found["ContentLength"], sha256=sha256) if sha256 else self._fetch(key, None)
        return digest.stored(key, self._uri(key), found["ContentType"])

    def keys(self, prefix: str) -> list[str]:
        check_prefix(prefix)
        with answering(self._recipe):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return sorted(key for key in found if is_key(key))  # other tools leave `folder/` markers

    def delete(self, key: str) -> None:
        check_key(key)
        with answering(self._recipe):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def download(self, key: str, file_name: str) -> Download:
        """A link for a quarter of an hour, which a browser plays and saves as `file_name`."""
        found = self.head(key)
        if found is None:
            raise NotFound("artifact", key)
        wanted = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentType": found.media_type,
            "ResponseContentDisposition": f"inline; filename*=UTF-8''{quote(file_name, safe='')}",
        }
        return Download(url=self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=LINK_LIFETIME_S))

    def _put(self, key: str, source: BinaryIO, media_type: str) -> StoredFile:
        check_key(key)
        digest = check_not_empty(key, digest_of(source))
        stored = digest.stored(key, self._uri(key), media_type)
        there = self.head(key)
        if there is None and self._upload(source, stored, _ONLY_NEW):
            return stored
        there = there or self._head_of_taken(key)
        if there.sha256 != digest.sha256:
            check_same(key, Digest(size_bytes=there.size_bytes, sha256=there.sha256), digest)
        if self._read(key, None)[0] == digest:
            return there
        log.warning("artifact.damaged", extra={"key": key, "reason": "What lies there is not what its metadata says."})
        if not self._upload(source, stored, {}) and self._read(key, None)[0] != digest:
            raise Unavailable(
                f"What arrived under the key {key!r} are not the bytes that were sent.", "The same call works later."
            )
        return stored

    def _upload(self, source: BinaryIO, stored: StoredFile, condition: _Condition) -> bool:
        """True: the server said that it has these bytes. False: it did not say so, or the key was taken."""
        source.seek(0)
        send = self._send_parts if stored.size_bytes > self._part_bytes else self._send_whole
        with answering(self._recipe):
            try:
                return send(source, stored, condition)
            except ClientError as error:
                if code_of(error) not in _TAKEN:
                    raise
                return False

    def _head_of_taken(self, key: str) -> StoredFile:
        if there := self.head(key):
            return there
        raise Unavailable(f"Somebody else is storing or deleting the key {key!r} right now.", "The same call works later.")

    def _send_whole(self, source: BinaryIO, stored: StoredFile, condition: _Condition) -> bool:
        md5 = _md5()
        while chunk := source.read(CHUNK_BYTES):
            md5.update(chunk)
        source.seek(0)
        sent = self._client.put_object(
            Bucket=self._bucket,
            Key=stored.key,
            Body=source,
            ContentType=stored.media_type,
            Metadata={"sha256": stored.sha256},
            ContentMD5=_in_base64(md5.digest()),
            **condition,
        )
        return _has_arrived(sent["ETag"], md5.digest())

    def _send_parts(self, source: BinaryIO, stored: StoredFile, condition: _Condition) -> bool:
        key, media_type, metadata = stored.key, stored.media_type, {"sha256": stored.sha256}
        began = self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=media_type, Metadata=metadata)
        upload_id = began["UploadId"]
        try:
            parts, have_arrived = self._sent_parts(key, source, upload_id)
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, **condition
            )
            return have_arrived
        except ClientError:
            # only after an answer: a server that is gone cannot be told. What matters is the first error, not that of clearing up
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
            raise

    def _sent_parts(self, key: str, source: BinaryIO, upload_id: str) -> tuple[list[CompletedPartTypeDef], bool]:
        parts: list[CompletedPartTypeDef] = []
        have_arrived = True
        while data := source.read(self._part_bytes):
            number, md5 = len(parts) + 1, _md5(data).digest()
            sent = self._client.upload_part(
                Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=data, ContentMD5=_in_base64(md5)
            )
            parts.append({"ETag": sent["ETag"], "PartNumber": number})
            have_arrived = have_arrived and _has_arrived(sent["ETag"], md5)
        return parts, have_arrived

    def _fetch(self, key: str, target: BinaryIO | None) -> Digest:
        """Raises Damaged when the bytes that come are not those that were written."""
        digest, written = self._read(key, target)
        if digest != written:
            raise Damaged(
                f"What came for the key {key!r} are not the bytes that were written "
                f"(sha256 {digest.sha256[:12]}…, not {written.sha256[:12]}…).",
                "If it says so again, the object in the bucket is damaged: render its beat again.",
            )
        return digest

    def _read(self, key: str, target: BinaryIO | None) -> tuple[Digest, Digest]:
        """What comes, and what was written as the server remembers it."""
        check_key(key)
        with answering(self._recipe):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in _NO_SUCH_KEY:
                    raise NotFound("artifact", key) from error
                raise
            body = found["Body"]
            digest = copy(body, target) if target else digest_of(body)
        recorded = _recorded_sha256(found["Metadata"]) or digest.sha256
        return digest, Digest(size_bytes=found["ContentLength"], sha256=recorded)

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


def _md5(data: bytes = b"") -> hashlib._Hash:
    """S3's own checksum of what goes over the wire; nobody is kept out by it."""
    return hashlib.md5(data, usedforsecurity=False)


def _in_base64(md5: bytes) -> str:
    return base64.b64encode(md5).decode()


def _has_arrived(etag: str, md5: bytes) -> bool:
    """The server's ETag is our MD5. With encryption by KMS, and for R2's parts, it is something else, and says nothing."""
    return etag.strip('"') == md5.hex()


def _recorded_sha256(metadata: Mapping[str, str]) -> str | None:
    """None for objects that were not written by us, and on servers that forget metadata (rclone, when restarted)."""
    return {name.lower(): value for name, value in metadata.items()}.get("sha256")
