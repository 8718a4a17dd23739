"""Examples of the bodies that are about money, as api/examples.py has them."""

from __future__ import annotations

from api.examples import EPISODE_ID, Json

FUNDS: Json = {"budget": "5.00", "reserved": "0.60", "spent": "1.20", "left": "3.20"}
NEW_BUDGETS: dict[str, Json] = {
    "five dollars": {"summary": "No more than five dollars in all", "value": {"budget": "5.00"}},
    "no limit": {"summary": "As much as it takes", "value": {"budget": None}},
}
ESTIMATE: Json = {
    "episode_id": EPISODE_ID,
    "beats": [
        {
            "beat_id": "b1",
            "backend": "animatediff",
            "seconds": {"value": 41.5, "certainty": "estimated", "source": "median of 12 accepted clips of this size"},
            "cost": {
                "value": "0.0208",
                "certainty": "estimated",
                "source": "price_per_hour, median of 12 accepted clips of this size",
            },
            "at_most": "0.06",
        },
        {
            "beat_id": "b2",
            "backend": "veo",
            "seconds": {"value": None, "certainty": "unknown", "source": "no clip of this kind was accepted yet"},
            "cost": {"value": "0.90", "certainty": "exact", "source": "price_per_s"},
            "at_most": "0.90",
        },
    ],
    "seconds": {"value": 41.5, "certainty": "unknown", "source": "without 1 of 2 beats, which are unknown"},
    "cost": {"value": "0.9208", "certainty": "estimated", "source": "sum of 2 beats"},
    "at_most": "0.96",
    "funds": {"budget": "5.00", "reserved": "0.00", "spent": "0.00", "left": "5.00"},
    "total": None,
}
