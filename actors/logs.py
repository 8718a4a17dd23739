"""Structured logs: one JSON object a line, with episode, beat and attempt in every line that has them."""

from __future__ import annotations

import logging
import sys

import structlog


def log_as_json(actor: str) -> None:
    """Send this process's `storyworld.*` logs to stderr, where Ray keeps them per actor and shows them in its dashboard."""

    def name_the_actor(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["actor"] = actor
        return event

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.ExtraAdder(),
                name_the_actor,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    root = logging.getLogger("storyworld")
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
