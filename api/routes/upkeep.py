"""Is everything whole that was stored, and what does nobody need any more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api import examples
from api.openapi import POST_EXTRA, answers
from api.parts import Parts
from api.requests import known_id
from api.shapes import AuditShape, CheckShape, SweepShape, ViolationShape
from episodes.audit import AuditReport
from episodes.sweep import SweepReport

router = APIRouter(tags=["upkeep"])

OneEpisode = Annotated[str | None, Query(description="Only this one.")]

MAX_SHOWN_KEYS = 1000
"""A sweep that was put off for long finds hundreds of thousands; its answer is kept with an `Idempotency-Key`."""


@router.get(
    "/audit",
    response_model=AuditShape,
    summary="Check what must hold: in the database, in every stored file, and that nothing is left over",
    description=(
        "Reads and hashes every recorded file, which can take minutes: give the client time. Safe while the system works; "
        "a violation is always one. One audit or sweep runs at a time in a process, a second one is answered 503."
    ),
    operation_id="audit",
    responses=answers(200, "Every check with what it looked at.", examples.AUDIT, "not-found", "bad-input"),
)
def get_audit(
    parts: Parts,
    episode_id: OneEpisode = None,
    decode: Annotated[bool, Query(description="Decode every selected clip and film, too.")] = True,
    at_rest: Annotated[bool, Query(description="Nothing works any more: what is still open or lies about is wrong.")] = False,
) -> AuditShape:
    return audit_shape(parts.upkeep.audit(episode_id=_known(episode_id), decode=decode, at_rest=at_rest))


@router.post(
    "/sweep",
    response_model=SweepShape,
    summary="Delete the files of attempts that failed or were cancelled; nothing else, and repeating it is safe",
    description="Safe while the system works. With `dry_run` nothing is deleted, and the answer says what would be.",
    operation_id="sweep",
    responses=answers(200, "What was deleted, and what was kept.", examples.SWEEP, "not-found", "bad-input", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def post_sweep(
    parts: Parts,
    episode_id: OneEpisode = None,
    dry_run: Annotated[bool, Query(description="Delete nothing.")] = False,
) -> SweepShape:
    return sweep_shape(parts.upkeep.sweep(episode_id=_known(episode_id), dry_run=dry_run))


def audit_shape(report: AuditReport) -> AuditShape:
    checks = [
        CheckShape(
            name=check.name,
            promise=check.promise,
            num_looked_at=check.num_looked_at,
            violations=[ViolationShape(where=violation.where, what=violation.what) for violation in check.violations],
            notes=list(check.notes),
        )
        for check in report.checks
    ]
    return AuditShape(num_violations=len(report.violations), checks=checks)


def sweep_shape(report: SweepReport) -> SweepShape:
    return SweepShape(
        dry_run=report.is_dry,
        num_orphans=len(report.orphans),
        orphans=list(report.orphans[:MAX_SHOWN_KEYS]),
        num_strangers=len(report.strangers),
        strangers=list(report.strangers[:MAX_SHOWN_KEYS]),
        num_kept=report.num_kept,
        num_elsewhere=report.num_elsewhere,
    )


def _known(episode_id: str | None) -> str | None:
    return None if episode_id is None else known_id("episode", episode_id)
