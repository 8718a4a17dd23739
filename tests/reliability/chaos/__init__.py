"""Chaos: real Ray on two nodes, PostgreSQL and S3 under a drawn schedule of faults, while clients make episodes through the real API.

`python -m tests.reliability.chaos --seconds 180 --seed 1`; with `--only FREEZE_RENDERER` each fault has a minute for itself, and so its recovery.
"""
