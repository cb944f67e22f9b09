"""Saved questions to the logs. Metrics stand in them too: a line's members can be asked for like any other."""

from __future__ import annotations

from typing import Final

QUERIES: Final = {
    "one-request": 'fields timestamp, level, service, message | filter traceId = "PUT-THE-TRACE-ID-HERE" | sort timestamp asc',
    "one-user": 'fields timestamp, level, service, message, traceId | filter userId = "PUT-THE-USER-ID-HERE" | sort timestamp asc',
    "errors": 'filter level = "ERROR" | stats count(*) as times by service, message | sort times desc | limit 50',
    "alarms-in-logs": "filter ispresent(alarm) | fields timestamp, service, alarm, message | sort timestamp desc | limit 100",
    "slowest-requests": "filter http_request_duration_seconds > 0 | fields @timestamp, service, method, path, status, "
    "http_request_duration_seconds | sort http_request_duration_seconds desc | limit 50",
    "answers-by-path": "filter ispresent(http_requests_total) | stats sum(http_requests_total) as requests by service, method, path, status "
    "| sort requests desc | limit 100",
    "refused-logins": "filter ispresent(auth_login_failures) | stats sum(auth_login_failures) as times by reason, bin(5m)",
    "refused-orders": "filter ispresent(orders_rejected_total) | stats sum(orders_rejected_total) as times by code, bin(5m)",
    "settlement": 'filter service = "settlement" and ispresent(message) | fields timestamp, level, message, shard | sort timestamp desc | limit 200',
    "cold-starts": 'filter @type = "REPORT" and ispresent(@initDuration) | stats count(*) as starts, avg(@initDuration) as ms by bin(1h)',
}
