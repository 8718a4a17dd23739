"""Structured logs: one JSON object a line, with episode, beat and attempt in every line that has them."""

from __future__ import annotations

import logging
import sys

import structlog

OUR_LOGGERS = ("storyworld", "planning", "rendering", "storage", "api", "relay")


def log_as_json(actor: str) -> None:
    """Send this process's `storyworld.*` logs to stderr, where Ray keeps them per actor and shows them in its dashboard."""

    def name_the_actor(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["actor"] = actor
        return event

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                name_the_actor,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for name in OUR_LOGGERS:
        ours = logging.getLogger(name)
        ours.handlers = [handler]
        ours.setLevel(logging.INFO)
        ours.propagate = False
