"""The audit: the invariants of a whole StoryWorld, checked against SQL, the stored objects and what is left over."""

from episodes.audit.auditor import audit
from episodes.audit.census import Census, Thing
from episodes.audit.objects import Decoder
from episodes.audit.report import AuditReport, Check, Violation

__all__ = ["AuditReport", "Census", "Check", "Decoder", "Thing", "Violation", "audit"]
