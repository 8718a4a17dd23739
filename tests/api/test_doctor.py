from __future__ import annotations

from episodes.health import fine, warning, wrong
from tests.api.rig import Rig


async def test_every_finding_is_told_with_its_remedy() -> None:
    rig = Rig()
    rig.findings = (
        fine("database", "It answers."),
        warning("clock", "It is late.", "Set it."),
        wrong("disk", "Full.", "Empty it."),
    )

    answer = await rig.client.get("/doctor")

    assert answer.json() == {
        "code_version": "v1",
        "num_wrong": 1,
        "findings": [
            {"name": "database", "verdict": "ok", "what": "It answers.", "remedy": ""},
            {"name": "clock", "verdict": "warning", "what": "It is late.", "remedy": "Set it."},
            {"name": "disk", "verdict": "wrong", "what": "Full.", "remedy": "Empty it."},
        ],
    }
