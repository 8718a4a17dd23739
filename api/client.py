"""StoryWorld's HTTP API from Python: what the command line and jobs use."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from episodes.audit import AuditReport, Check, Violation
from episodes.errors import BadInput, StoryWorldError, Unavailable
from episodes.health import Checkup, Finding, Verdict

JsonObject = dict[str, Any]
"""An answer as it came; its shapes are in the API's own OpenAPI document."""

FINAL_STATES = frozenset({"COMPLETED", "PARTIALLY_COMPLETED", "FAILED", "CANCELLED"})


UPKEEP_S = 3600.0
"""An audit reads every byte that is stored: a terabyte from a local disk in an hour."""

PLAN_S = 3700.0
"""The API gives a language model up to an hour, and then says what became of it."""

DOCTOR_S = 120.0
"""Silent nodes and stores that do not answer have limits of their own, and all of them together stay below this."""


class ApiProblem(StoryWorldError):
    """The API refused a call, and says why. `status` is HTTP's."""

    def __init__(self, message: str, hint: str = "", status: int = 0) -> None:
        Exception.__init__(self, message, hint, status)
        self.message = message
        self.hint = hint
        self.status = status


class Client:
    """One connection pool to one StoryWorld. Raises ApiProblem for every answer that is not a success."""

    def __init__(self, url: str, key: str | None = None, *, timeout_s: float = 30.0, is_ours: bool = False) -> None:
        """`key` is one of the system's API_KEYS; None where it has none. It goes to `url` and to no host that `url` points on to.

        `is_ours`: the system was started for whoever has this client, and is stopped after it.
        """
        self.url = url.rstrip("/")
        self.is_ours = is_ours
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        try:
            there = httpx.URL(self.url)
            if there.scheme not in ("http", "https") or not there.host:
                raise httpx.InvalidURL("it does not begin with http:// or https:// and a host")
        except httpx.InvalidURL as error:
            raise ApiProblem(f"{url!r} is no address: {error}.", "One looks like `http://127.0.0.1:8000`.") from error
        self._http = httpx.Client(base_url=there, headers=headers, timeout=timeout_s, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def is_ready(self) -> bool:
        try:
            return self._http.get("/readyz", timeout=2.0).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def create(self, intent: str | None = None, **fields: object) -> JsonObject:
        """A new episode; `fields` are the other request fields. Without an intent one of them is `screenplay`."""
        given = {"intent": intent, **fields}
        return self._post("/episodes", {name: value for name, value in given.items() if value is not None})

    def plan(self, episode_id: str, *, dry_run: bool = False) -> JsonObject:
        """With `dry_run` nothing is stored."""
        query = _query(dry_run=dry_run or None)
        return self._call("POST", _path(episode_id, move="plan"), query=query, headers=_fresh_key(), timeout_s=PLAN_S)

    def estimate(self, episode_id: str) -> JsonObject:
        """What a planned episode will take."""
        return self._get(_path(episode_id, move="estimate"))

    def set_budget(self, episode_id: str, dollars: str | None) -> JsonObject:
        """What it may cost in all, as text like "0.50"; None: there is no limit."""
        return self._call("PUT", _path(episode_id, move="budget"), body={"budget": dollars})

    def execute(self, episode_id: str, *, force: bool = False, fresh: bool = False) -> JsonObject:
        """`force`: although its plan contradicts itself. `fresh`: nothing that was rendered before is used again."""
        return self._post(_path(episode_id, move="execute"), force=force or None, fresh=fresh or None)

    def continuity(self, episode_id: str) -> JsonObject:
        """Where its plan contradicts itself."""
        return self._get(_path(episode_id, move="continuity"))

    def cancel(self, episode_id: str, beat_id: str | None = None) -> JsonObject:
        """Stop the episode, or one beat of it."""
        return self._post(_path(episode_id, beat_id, move="cancel"))

    def retry(self, episode_id: str, beat_id: str | None = None, *, fresh: bool = False) -> JsonObject:
        """Render one failed or cancelled beat again, or all of them; `fresh` as in `execute`."""
        return self._post(_path(episode_id, beat_id, move="retry"), fresh=fresh or None)

    def pause(self, episode_id: str) -> JsonObject:
        return self._post(_path(episode_id, move="pause"))

    def resume(self, episode_id: str) -> JsonObject:
        return self._post(_path(episode_id, move="resume"))

    def pause_queue(self) -> JsonObject:
        return self._post("/queue/pause")

    def resume_queue(self) -> JsonObject:
        return self._post("/queue/resume")

    def revise(self, episode_id: str, beat_id: str, **changes: object) -> JsonObject:
        """Change what a beat shows; only the fields that are given."""
        return self._call("PATCH", _path(episode_id, beat_id), body=changes)

    def takes(self, episode_id: str, beat_id: str) -> JsonObject:
        """The clips of a beat that may be chosen from."""
        return self._get(_path(episode_id, beat_id, move="takes"))

    def ask_for_takes(self, episode_id: str, beat_id: str, count: int, seeds: Sequence[int] = ()) -> JsonObject:
        """So many more; `seeds` are those of the first ones."""
        return self._post(_path(episode_id, beat_id, move="takes"), {"count": count, "seeds": list(seeds)})

    def select_take(self, episode_id: str, beat_id: str, number: int, *, dry_run: bool = False) -> JsonObject:
        """Make it the beat's clip; with `dry_run` only say what that would do."""
        return self._post(_path(episode_id, beat_id, move=f"takes/{number}/select"), dry_run=dry_run or None)

    def cancel_take(self, episode_id: str, beat_id: str, number: int) -> JsonObject:
        return self._post(_path(episode_id, beat_id, move=f"takes/{number}/cancel"))

    def plan_versions(self, episode_id: str) -> Iterator[JsonObject]:
        """What became of its plan, newest first."""
        before = None
        while True:
            page = self._get(_path(episode_id, move="plan/versions"), before=before)
            yield from page["versions"]
            before = page["next_before"]
            if before is None:
                return

    def plan_version(self, episode_id: str, version: int) -> JsonObject:
        """A plan as it was."""
        return self._get(_path(episode_id, move=f"plan/versions/{version}"))

    def restore_plan(self, episode_id: str, version: int, *, dry_run: bool = False) -> JsonObject:
        """Bring a version back, as a new one; with `dry_run` only say what that would do."""
        return self._post(_path(episode_id, move=f"plan/versions/{version}/restore"), dry_run=dry_run or None)

    def episode(self, episode_id: str) -> JsonObject:
        return self._get(_path(episode_id))

    def episodes(self, **filters: object) -> JsonObject:
        return self._get("/episodes", **filters)

    def worlds(self) -> JsonObject:
        return self._get("/worlds")

    def world(self, world_id: str) -> JsonObject:
        return self._get(_world(world_id))

    def world_history(self, world_id: str) -> JsonObject:
        """Its newest revisions, newest first."""
        return self._get(f"{_world(world_id)}/revisions")

    def roll_back_world(self, world_id: str, revision: int) -> JsonObject:
        """Bring a revision back, as a new one."""
        return self._post(f"{_world(world_id)}/rollback", {"revision": revision})

    def audit(self, episode_id: str | None = None, *, decode: bool = True, at_rest: bool = False) -> AuditReport:
        """Check what must hold; reads every stored file, and waits for it."""
        query = _query(episode_id=episode_id, decode=decode, at_rest=at_rest)
        return _report(self._call("GET", "/audit", query=query, timeout_s=UPKEEP_S))

    def sweep(self, episode_id: str | None = None, *, dry_run: bool = False) -> JsonObject:
        """Delete the files that no attempt can claim any more."""
        query = _query(episode_id=episode_id, dry_run=dry_run)
        return self._call("POST", "/sweep", query=query, headers=_fresh_key(), timeout_s=UPKEEP_S)

    def doctor(self) -> Checkup:
        """Have the cluster examined; waits for its slowest node."""
        told = self._call("GET", "/doctor", timeout_s=DOCTOR_S)
        findings = (Finding(**{**one, "verdict": Verdict(one["verdict"])}) for one in told["findings"])
        return Checkup(code_version=told["code_version"], findings=tuple(findings))

    def follow(self, episode_id: str, every_s: float = 0.3) -> Iterator[JsonObject]:
        """The episode again and again until it has ended; the last one is final."""
        while True:
            episode = self.episode(episode_id)
            yield episode
            if episode["state"] in FINAL_STATES:
                return
            time.sleep(every_s)

    def save_film(self, episode_id: str, path: Path) -> None:
        """Download the film, whole or not at all. Raises Unavailable where it cannot be written."""
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._download(_path(episode_id, move="film"), part)
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            hint = f"The film itself is kept: {self.url}{_path(episode_id, move='film')}."
            raise Unavailable(f"The film cannot be written to {path}: {error.strerror or error}.", hint) from error

    def _download(self, path: str, to: Path) -> None:
        try:
            with self._http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                    _check(answer)
                with to.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
        except httpx.TransportError as error:
            raise self._unanswered(error) from error

    def _get(self, path: str, **query: object) -> JsonObject:
        return self._call("GET", path, query=_query(**query))

    def _post(self, path: str, body: JsonObject | None = None, **query: object) -> JsonObject:
        return self._call("POST", path, body=body, query=_query(**query), headers=_fresh_key())

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: JsonObject | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> JsonObject:
        timeout = self._http.timeout if timeout_s is None else httpx.Timeout(timeout_s, connect=self._http.timeout.connect)
        try:
            answer = self._http.request(method, path, json=body, params=query, headers=headers, timeout=timeout)
        except httpx.TransportError as error:
            raise self._unanswered(error) from error
        _check(answer)
        try:
            content: JsonObject = answer.json()
        except ValueError as error:
            raise ApiProblem(f"What answers at {self.url} is not StoryWorld.", "Look at the address.") from error
        return content

    def _unanswered(self, error: httpx.TransportError) -> ApiProblem:
        return ApiProblem(f"StoryWorld at {self.url} does not answer ({error}).", "Is it running? `make serve` starts it.")


def intent_or_screenplay(text: str) -> tuple[str | None, str | None]:
    """What somebody typed: an intent, or the name of a Fountain file, which is read. Raises BadInput where there is none, or no text."""
    if not text.lower().endswith(".fountain"):
        return text, None
    try:
        return None, Path(text).read_text("utf-8")
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {text!r}.", "Name a screenplay that is there, or write what happens.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{text} cannot be read: {error}.", "A screenplay is a text file in UTF-8.") from error


def _report(told: JsonObject) -> AuditReport:
    return AuditReport(
        checks=tuple(
            Check(
                name=check["name"],
                promise=check["promise"],
                num_looked_at=check["num_looked_at"],
                violations=tuple(Violation(check=check["name"], **one) for one in check["violations"]),
                notes=tuple(check["notes"]),
            )
            for check in told["checks"]
        )
    )


def _fresh_key() -> dict[str, str]:
    """Makes a call whose answer was lost safe to repeat."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def _query(**fields: object) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value is not None}


def _path(episode_id: str, beat_id: str | None = None, move: str = "") -> str:
    """Of an episode or a beat of it, or of one of its moves."""
    beat = [] if beat_id is None else ["beats", quote(beat_id, safe="")]
    return "/" + "/".join(["episodes", quote(episode_id, safe=""), *beat, *([move] if move else [])])


def _world(world_id: str) -> str:
    return f"/worlds/{quote(world_id, safe='')}"


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    reason = str(problem.get("detail") or problem.get("title") or f"The API answered {answer.status_code}.")
    raise ApiProblem(reason, str(problem.get("hint", "")), answer.status_code)
