"""A code that another function was shown: its try is counted before it is judged, and settled with the judgement."""

from __future__ import annotations

from datetime import datetime

from functions.codes import store
from mycrypto.database import Database
from mycrypto.security import guard, second_factor
from mycrypto.security.code_check import CodeCheck, CodeChecked
from mycrypto.security.guard import Kind
from mycrypto.security.sealing import Sealer
from mycrypto.security.second_factor import Check


def check(db: Database, asked: CodeCheck, sealer: Sealer, now: datetime) -> CodeChecked:
    """Two transactions: the count first, so that a crash or a guess at the same time does not undo it, and then everything else at once. The owner is
    told by mail when the guard shuts.
    """
    subject = str(asked.user_id)
    tried = guard.admit(db, Kind.SECOND_FACTOR, subject, now)
    with db.transaction() as connection:
        result = second_factor.check(connection, asked.user_id, asked.code, sealer, now, tried=tried)
        if result is Check.NOT_ENABLED:
            guard.take_back(connection, tried)
            return CodeChecked(asked.id, result)
        action = "verify_success" if result is Check.RIGHT else "verify_failed"
        second_factor.record(connection, asked.user_id, action, ip=asked.ip, user_agent=asked.user_agent, purpose=asked.purpose)
        if result is Check.RIGHT:
            guard.clear(connection, tried.kind, subject)
        else:
            to = store.address_of(connection, asked.user_id)
            guard.tell(connection, tried, to=to, user_id=asked.user_id, trace_id=asked.trace_id, ip=asked.ip)
    return CodeChecked(asked.id, result)
