"""Examples of what is said about contradictions, beside those in examples.py."""

from __future__ import annotations

from api.examples import EPISODE_ID, Json
from api.examples import PLANNED as EPISODE_PLANNED
from api.money_examples import ESTIMATE

CONTRADICTION: Json = {
    "code": "dead-speaks",
    "severity": "error",
    "beat_id": "b3",
    "other_beat_id": "b2",
    "what": "Giant monster speaks in b3 and died in b2.",
    "suggestion": "Let somebody else say it, tell it in `caption`, or give b3 the effect `revives`.",
}
CONTINUITY: Json = {"episode_id": EPISODE_ID, "num_errors": 1, "num_warnings": 0, "contradictions": [CONTRADICTION]}
PLANNED: Json = {**EPISODE_PLANNED, "dry_run": True, "contradictions": [], "estimate": ESTIMATE}
