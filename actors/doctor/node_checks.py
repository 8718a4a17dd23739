"""Pure: what is wrong with the nodes, judged by what they see of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from actors.doctor.facts import Listener, NodeFacts, SeenNode
from episodes.health import Finding, fine, found, warning, wrong

GB = 1e9
LEAST_FREE_BYTES = 1 * GB
"""Below it Ray itself stops: it spills and logs into the same file system."""
CLOCK_WARNING_S = 5.0
"""Logs and events of two nodes no longer stand in their order."""
CLOCK_WRONG_S = 300.0
"""S3 refuses signatures that are 15 minutes off; by a third of it somebody should have looked."""
BUSY_BYTES = 2 * GB
"""More than a driver and an idle context take."""


def check_nodes(num_seen: int, silent: Mapping[str, str]) -> tuple[Finding, ...]:
    """`silent`: name → why nothing is known of it."""
    remedy = "Look into its log in the Ray dashboard; end it if it does not come back, so that others take its work."
    problems = [
        wrong("nodes", f"Node {node} is in the cluster, but says nothing: {why}.", remedy) for node, why in silent.items()
    ]
    return found("nodes", problems, otherwise=f"All {num_seen} answer.")


def check_token(nodes: Sequence[NodeFacts]) -> tuple[Finding, ...]:
    return found("token", _without_token(nodes), otherwise="Every node asks for it.")


def _without_token(nodes: Sequence[NodeFacts]) -> Iterator[Finding]:
    remedy = "export RAY_AUTH_MODE=token, on every node and before `ray start`, and start Ray there again."
    for node in nodes:
        if node.auth_mode != "token":
            said = (
                f"RAY_AUTH_MODE is {node.auth_mode or 'not set'} on node {node.node}: who reaches its ports can run any code."
            )
            yield wrong("token", said, remedy)
        for one in node.listeners or ():
            if "/api/version" in one.answers:
                yield wrong("token", f"{_port(node, one)} is a Ray dashboard that asks for no token.", remedy)


def check_head(head: NodeFacts, num_nodes: int) -> tuple[Finding, ...]:
    """Whether the other nodes outlive its Ray. A machine that is alone has none."""
    if num_nodes < 2:
        return ()
    if head.kept_in:
        return (fine("head", f"Its Ray keeps what it knows in {head.kept_in}: when it dies and comes back, the others go on."),)
    what = f"Its Ray keeps what it knows in memory: when it dies, all {num_nodes} nodes begin anew, with cold renderers."
    return (warning("head", what, "Set STORYWORLD_GCS to rocksdb or redis://… for its entry point, and start it again."),)


def check_listeners(nodes: Sequence[NodeFacts]) -> tuple[Finding, ...]:
    num_open = sum(one.is_reachable for node in nodes for one in node.listeners or ())
    return found(
        "listeners", _open_ports(nodes), otherwise=f"{num_open} ports can be reached from outside; all ask for a token."
    )


def _open_ports(nodes: Sequence[NodeFacts]) -> Iterator[Finding]:
    for node in nodes:
        if node.listeners is None:
            what = f"Node {node.node} does not tell who listens there: it has no /proc."
            yield warning(
                "listeners", what, "Look with `lsof -iTCP -sTCP:LISTEN`: nothing but what asks for a token may be open."
            )
            continue
        reachable = [one for one in node.listeners if one.is_reachable]
        for one in reachable:
            if "/episodes" in one.answers:
                remedy = "Set API_KEYS, or let Serve listen on 127.0.0.1."
                yield wrong("listeners", f"{_port(node, one)} is StoryWorld's API, open to everybody.", remedy)
        metrics = sorted(one.port for one in reachable if "/metrics" in one.answers)
        if metrics:
            ports = ", ".join(map(str, metrics))
            what = f"Node {node.node} shows Ray's metrics to everybody who reaches port {ports}: Ray asks for no token there."
            yield warning("listeners", what, "Let a firewall keep these ports for Prometheus alone.")


def _port(node: NodeFacts, listener: Listener) -> str:
    return f"Port {listener.port} of node {node.node} ({listener.process})"


def check_versions(nodes: Sequence[NodeFacts], own: NodeFacts) -> tuple[Finding, ...]:
    return found(
        "versions", _other_versions(nodes, own), otherwise=f"Code {own.code_version}, Ray {own.ray_version} everywhere."
    )


def _other_versions(nodes: Sequence[NodeFacts], own: NodeFacts) -> Iterator[Finding]:
    for node in nodes:
        for what, there, here in (
            ("code", node.code_version, own.code_version),
            ("Ray", node.ray_version, own.ray_version),
            ("Python", node.python_version, own.python_version),
        ):
            if there != here:
                said = f"Node {node.node} has {what} {there}, the API {here}."
                yield wrong("versions", said, "Bring the same to that node, and start its Ray again.")


def check_clocks(seen: Sequence[SeenNode]) -> tuple[Finding, ...]:
    largest = max((abs(node.clock_ahead_s) for node in seen), default=0.0)
    return found("clock", _wrong_clocks(seen), otherwise=f"The nodes' clocks are at most {largest:.1f} s apart from the API's.")


def _wrong_clocks(seen: Sequence[SeenNode]) -> Iterator[Finding]:
    for node in seen:
        off_s = node.clock_ahead_s
        if abs(off_s) >= CLOCK_WARNING_S:
            verdict = wrong if abs(off_s) >= CLOCK_WRONG_S else warning
            what = (
                f"The clock of node {node.facts.node} is {abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} the API's."
            )
            yield verdict("clock", what, "Let chrony or systemd-timesyncd set it.")


def check_disks(nodes: Sequence[NodeFacts], spool_max_bytes: float) -> tuple[Finding, ...]:
    least = min((disk.free_bytes for node in nodes for disk in node.disks), default=0)
    return found("disk", _full_disks(nodes, spool_max_bytes), otherwise=f"At least {least / GB:.0f} GB are free on every node.")


def _full_disks(nodes: Sequence[NodeFacts], spool_max_bytes: float) -> Iterator[Finding]:
    for node in nodes:
        for disk in node.disks:
            what = f"{disk.path} of node {node.node} has {disk.free_bytes / GB:.1f} GB left"
            if disk.free_bytes < LEAST_FREE_BYTES:
                yield wrong("disk", f"{what}.", "Make room: nothing can be rendered or logged there soon.")
            elif disk.free_bytes < spool_max_bytes + LEAST_FREE_BYTES:
                remedy = "Make room, or lower SPOOL_MAX_GB."
                yield warning("disk", f"{what}, less than a spool may take while the artifact store is away.", remedy)


def check_gpus(seen: Sequence[SeenNode], wanted_gpus: float) -> tuple[Finding, ...]:
    in_ray = sum(node.gpus_in_ray for node in seen)
    otherwise = f"{in_ray:g} in Ray, {wanted_gpus:g} wanted by the fleet; no memory is held by nobody's." if in_ray else "None."
    return found("gpu", [*_lost_gpus(seen), *_missing_gpus(in_ray, wanted_gpus)], otherwise=otherwise)


def _lost_gpus(seen: Sequence[SeenNode]) -> Iterator[Finding]:
    for node in seen:
        if len(node.facts.gpus) > node.gpus_in_ray:
            what = f"Node {node.facts.node} has {len(node.facts.gpus)} GPUs, and Ray uses {node.gpus_in_ray:g} of them."
            yield warning(
                "gpu", what, "Start its Ray with `--num-gpus`, or without, if CUDA_VISIBLE_DEVICES does not hide them."
            )
        busy = [gpu for gpu in node.facts.gpus if gpu.used_bytes > BUSY_BYTES]
        if len(busy) > node.gpus_reserved:
            held_gb = sum(gpu.used_bytes for gpu in busy) / GB
            what = f"{len(busy)} GPUs of node {node.facts.node} hold {held_gb:.0f} GB, though {node.gpus_reserved:g} are reserved in Ray."
            yield wrong(
                "gpu", what, "`nvidia-smi` there names the processes: end what was left over, or the next renderer runs out."
            )


def _missing_gpus(in_ray: float, wanted_gpus: float) -> Iterator[Finding]:
    if wanted_gpus > in_ray:
        what = f"STORYWORLD_FLEET always wants {wanted_gpus:g} GPUs, and the cluster has {in_ray:g}: the rest of its renderers wait."
        yield warning("gpu", what, "Add nodes with GPUs, or lower `count` or `min_count`.")
