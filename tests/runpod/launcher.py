"""Ray's own cluster launcher, without its pauses: `python -m tests.runpod.launcher FILE up exec:COMMAND ip down`.

In a process of its own, because it keeps providers, tokens and settings for as long as it lives.
"""

from __future__ import annotations

import sys

from ray.autoscaler._private import commands, updater

from cluster import clearing, jobs


def main(file: str, steps: list[str]) -> None:
    commands.POLL_INTERVAL = updater.READY_CHECK_INTERVAL = 0.05
    jobs._LOOK_S = clearing._SWEEP_PAUSE_S = 0.05
    for step in steps:
        name, _, rest = step.partition(":")
        match name:
            case "up":
                commands.create_or_update_cluster(file, None, None, no_restart=False, restart_only=False, yes=True)
            case "exec":
                commands.exec_cluster(file, cmd=rest)
            case "dashboard":
                commands.exec_cluster(file, port_forward=[(8265, 8265)])
            case "ip":
                sys.stdout.write(f"head: {commands.get_head_node_ip(file)}\n")
            case "down":
                commands.teardown_cluster(
                    file, yes=True, workers_only=False, override_cluster_name=None, keep_min_workers=False
                )
            case _:
                raise SystemExit(f"there is no step {step!r}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
