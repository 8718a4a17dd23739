"""Serves the chaos application on a Ray that runs, as `storyworld.py serve` does: `python -m tests.reliability.chaos.serving PORT`."""

from __future__ import annotations

import sys

from actors.environment import prepare_environment
from settings import load_settings


def main(port: int) -> None:
    settings = load_settings()
    prepare_environment(settings.storyworld_home)

    from actors.local import serve_here
    from actors.parts import check_settings, plan_fleet
    from tests.reliability.chaos.app import app, start

    check_settings(settings)
    plan = plan_fleet(settings)
    serve_here(app, host="127.0.0.1", port=port, num_cpus=None, on_ray=lambda: start(plan), on_ready=lambda addresses: None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
