"""The offline planner: deterministic, free, standard library only. See planner.py for the way through it."""
