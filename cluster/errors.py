"""Every error that the provider raises on purpose. A tree of its own, because this package imports nothing of ours.

ClusterError
├── BadConfig            ray-cluster.yaml or the environment says what can never work
├── LimitReached         one more pod would pass a limit of the cluster
├── NoCandidate          no GPU type in any data centre gave a pod
├── AlreadyUp            the cluster has pods, where there should be none
├── DidNotComeUp         a pod that was bought was given up
├── OutOfReach           a server of the cluster's own does not answer, and may again
└── RunPodError          what the API answered
    ├── Refused              it said no, and would say no again; carries the status
    │   └── NoSuchPod            404
    ├── RateLimited          429; carries how long to wait
    └── Unanswered           no answer that can be read: whether anything happened is not known
"""

from __future__ import annotations

_REMEDIES = {
    401: "Check RUNPOD_API_KEY: RunPod's settings list the keys that there are.",
    402: "Add credit in RunPod's console.",
}


class ClusterError(Exception):
    """Says what was wrong (`message`), and what to do about it (`hint`)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadConfig(ClusterError):
    pass


class LimitReached(ClusterError):
    pass


class NoCandidate(ClusterError):
    pass


class AlreadyUp(ClusterError):
    pass


class DidNotComeUp(ClusterError):
    pass


class OutOfReach(ClusterError):
    pass


class RunPodError(ClusterError):
    pass


class Refused(RunPodError):
    def __init__(self, message: str, status: int) -> None:
        Exception.__init__(self, message, status)
        self.message = message
        self.hint = _REMEDIES.get(status, "")
        self.status = status


class NoSuchPod(Refused):
    pass


class RateLimited(RunPodError):
    def __init__(self, message: str, retry_after_s: float) -> None:
        Exception.__init__(self, message, retry_after_s)
        self.message = message
        self.hint = ""
        self.retry_after_s = retry_after_s


class Unanswered(RunPodError):
    pass
