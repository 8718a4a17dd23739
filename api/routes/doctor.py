"""Is the cluster as it should be, and what is to be done where it is not."""

from __future__ import annotations

from fastapi import APIRouter

from api import examples
from api.openapi import answers
from api.parts import Parts
from api.shapes import CheckupShape, FindingShape
from episodes.health import Verdict

router = APIRouter(tags=["upkeep"])


@router.get(
    "/doctor",
    response_model=CheckupShape,
    summary="Examine every node and what they share, and say how to mend what is found",
    description=(
        "Listening ports, token, keys, Serve, artifact store (a few bytes there and back), database, GPUs, versions, clocks, disks. "
        "Safe while the system works. A node that does not answer is waited for, a minute at most."
    ),
    operation_id="examine",
    responses=answers(200, "Every check with what it found.", examples.CHECKUP),
)
def examine(parts: Parts) -> CheckupShape:
    checkup = parts.doctor()
    findings = [FindingShape(name=one.name, verdict=one.verdict, what=one.what, remedy=one.remedy) for one in checkup.findings]
    num_wrong = sum(one.verdict is Verdict.WRONG for one in checkup.findings)
    return CheckupShape(code_version=checkup.code_version, num_wrong=num_wrong, findings=findings)
