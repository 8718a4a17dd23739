"""CARRY BEATS OUT: a queue on Redis, the slots that stand for it in the fleet, and the workers that reach it from anywhere."""
