"""An entry of the audit as it stands in exports and copies."""

from __future__ import annotations

import json

from gameserver.scores.audit import AuditEntry
from gameserver.times import format_moment


def audit_text(entry: AuditEntry) -> str:
    """What was done, and when, from where and by whom, as JSON; not what it takes to undo it."""
    told = {
        "at": format_moment(entry.at),
        "action": entry.action,
        "what": entry.what,
        "from": entry.author.client,
        "by": entry.author.token,
        "undone": entry.is_undone,
    }
    return json.dumps(told, ensure_ascii=False)
