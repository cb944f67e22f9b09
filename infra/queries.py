"""Saved questions to the logs."""

from __future__ import annotations

from typing import Final

QUERIES: Final = {
    "one-request": 'fields timestamp, level, service, message | filter traceId = "PUT-THE-TRACE-ID-HERE" | sort timestamp asc',
    "errors": 'filter level = "ERROR" | stats count(*) as times by service, message | sort times desc | limit 50',
    "slowest-requests": "filter ispresent(latencyMs) | fields timestamp, method, path, status, latencyMs | sort latencyMs desc | limit 50",
    "refused-logins": 'filter service = "auth" and message like /login/ and level = "WARN" | stats count(*) as times by bin(5m)',
    "settlement": 'filter service = "settlement" | fields timestamp, level, message, shard, seq | sort timestamp desc | limit 200',
    "cold-starts": "filter type = 'REPORT' and ispresent(initDuration) | stats count(*) as starts, avg(initDuration) as ms by bin(1h)",
}
