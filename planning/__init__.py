"""Intent → plan: world extraction, planners, prompts, continuity. No Ray, no torch, no SQL."""
