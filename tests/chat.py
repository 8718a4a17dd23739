"""A server that speaks /v1/chat/completions on 127.0.0.1: a model that writes good plans, and every way in which one does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import LOST, Answer, Asked, as_json, serving

Brief = dict[str, Any]
Reply = Callable[["Asked", Brief], Answer]


@dataclass(kw_only=True)
class Model:
    """What it answers, in order; when nothing is left, what it answers `otherwise`."""

    replies: list[Reply] = field(default_factory=list)
    otherwise: Reply = field(default_factory=lambda: good)
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Lets go of those that `hang` holds."""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        brief = brief_in(asked)
        reply = self.replies.pop(0) if self.replies else self.otherwise
        return reply(asked, brief)

    @property
    def num_asked(self) -> int:
        return len(self.asked)

    def complaint(self) -> str:
        """What the newest request says of the answer before it."""
        return json.dumps(self.asked[-1].json["messages"][-1])

    def hang(self, asked: Asked, brief: Brief) -> Answer:
        self.released.wait(30)
        return LOST


@contextmanager
def a_chat_server(*replies: Reply) -> Iterator[tuple[str, Model]]:
    """Its base_url, and the model behind it."""
    model = Model(replies=list(replies))
    with serving(model.answer) as url:
        try:
            yield f"{url}/v1", model
        finally:
            model.released.set()


def brief_in(asked: Asked) -> Brief:
    """As a model reads it: the fence in the first message of the user."""
    told = next(str(m["content"]) for m in asked.json["messages"] if m["role"] == "user")
    brief: Brief = json.loads(told.split("<brief>\n")[1].split("\n</brief>")[0])
    return brief


# --- what it can say ---


def good(asked: Asked, brief: Brief) -> Answer:
    return calls(good_draft(brief))


def with_draft(**changes: Any) -> Reply:
    """A good plan, but for these of its fields."""
    return lambda asked, brief: calls({**good_draft(brief), **changes})


def with_beat(**changes: Any) -> Reply:
    """A good plan, but for these fields of its first beat."""

    def reply(asked: Asked, brief: Brief) -> Answer:
        draft = good_draft(brief)
        draft["scenes"][0]["beats"][0].update(changes)
        return calls(draft)

    return reply


def says(text: str) -> Reply:
    return lambda asked, brief: completion({"role": "assistant", "content": text})


def fails(status: int, **headers: str) -> Reply:
    return lambda asked, brief: as_json({"error": {"message": "no", "type": "error"}}, status, **headers)


def refuses(asked: Asked, brief: Brief) -> Answer:
    return completion({"role": "assistant", "content": None, "refusal": "I will not write that."})


def cut_off(asked: Asked, brief: Brief) -> Answer:
    """The limit of its answer is reached in the middle of the plan."""
    return calls_raw(json.dumps(good_draft(brief))[:200], finish_reason="length")


def hangs_up(asked: Asked, brief: Brief) -> Answer:
    return LOST


def calls(arguments: object) -> Answer:
    return calls_raw(json.dumps(arguments))


def calls_raw(arguments: str, finish_reason: str = "tool_calls") -> Answer:
    call = {"id": "call_1", "type": "function", "function": {"name": "plan", "arguments": arguments}}
    return completion({"role": "assistant", "content": None, "tool_calls": [call]}, finish_reason)


def completion(message: dict[str, Any], finish_reason: str = "stop") -> Answer:
    return as_json(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_780_000_000,
            "model": "tiny",
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200},
        }
    )


def good_draft(brief: Brief) -> dict[str, Any]:
    """A whole plan of any brief: the world's first character (or somebody new) does it in its first place, the others look on."""
    characters, places = brief["world"]["characters"], brief["world"]["places"]
    hero = characters[0]["character_id"] if characters else "somebody"
    place = places[0]["place_id"] if places else "somewhere"
    seconds = brief["total_s"] / brief["num_beats"]
    told = " ".join(brief["intent"].split()[:40])[:900]
    beats = [
        {
            "description": f"{told} ({n + 1})",
            "cast": [{"character_id": hero, "action": "looks around", "emotion": "curious", "position": "left"}],
            "shot_size": "wide" if n % 2 == 0 else "medium",
            "camera_move": "push in" if n % 2 == 0 else "static",
            "first_frame": "Nobody moves.",
            "last_frame": "Something has changed.",
            "movement": "A head turns.",
            "duration_s": seconds,
            "transition": "fade" if n == 0 else "cut",
            "narration": f"Moment {n + 1}.",
            "sound": "wind",
            "continues": n % 2 == 1,
        }
        for n in range(brief["num_beats"])
    ]
    new = {"description": "a grey shape", "palette": ["#808080"]}
    return {
        "logline": told[:300],
        "tone": "calm",
        "new_characters": [] if characters else [{"character_id": hero, "name": "Somebody", **new}],
        "new_places": [] if places else [{"place_id": place, "name": "Somewhere", **new}],
        "scenes": [
            {
                "place_id": place,
                "time_of_day": "day",
                "weather": "wind",
                "mood": "quiet",
                "wardrobe": [{"character_id": hero, "clothes": "a long scarf"}],
                "beats": beats,
            }
        ],
    }
