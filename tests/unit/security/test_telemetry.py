"""A log line is one JSON object, findable by its trace id, and never holds a secret."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from mycrypto import telemetry


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().out.splitlines()
    record: dict[str, object] = json.loads(line)
    return record


def test_a_line_has_the_agreed_members(capsys: pytest.CaptureFixture[str]) -> None:
    log = telemetry.logger("telemetry-members")
    log.append_keys(traceId="t-1")
    log.info("user registered", userId="u-1")
    record = _line(capsys)
    assert (record["level"], record["service"], record["message"]) == ("INFO", "telemetry-members", "user registered")
    assert (record["traceId"], record["userId"]) == ("t-1", "u-1")
    assert datetime.fromisoformat(str(record["timestamp"])).tzinfo is not None


def test_secrets_do_not_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log = telemetry.logger("telemetry-secrets")
    secrets = ["s3cret-1", "s3cret-2", "s3cret-3", "s3cret-4", "TR330006100519786457841326", "10000000146"]
    log.info(
        "got Authorization: Bearer s3cret-1 from redis://:s3cret-2@host/0",
        password=secrets[2],
        body={"refresh_token": secrets[3], "nested": [{"iban": secrets[4]}], "tc_kimlik_no": secrets[5]},
    )
    written = capsys.readouterr().out
    assert [secret for secret in secrets if secret in written] == []
    assert written.count(telemetry.REDACTED) == 6


def test_a_stack_trace_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    log = telemetry.logger("telemetry-trace")
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    try:
        int(token)
    except ValueError:
        log.exception("failed")
    assert token not in capsys.readouterr().out


def test_flags_and_counts_stay_readable() -> None:
    assert telemetry.redact({"two_factor_enabled": True, "token_count": 3, "status": "OPEN", "keys": "a"}) == {
        "two_factor_enabled": True,
        "token_count": 3,
        "status": "OPEN",
        "keys": "a",
    }


def test_an_address_is_masked() -> None:
    assert telemetry.mask_email("ayse.yilmaz@example.com") == "a***@example.com"
    assert telemetry.mask_email("nonsense") == "***"


def test_a_metric_is_one_embedded_line(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.Meter("auth").count("auth_registration_total", status="success")
    record = _line(capsys)
    assert (record["auth_registration_total"], record["status"], record["service"]) == (1, "success", "auth")
    assert record["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "MyCrypto"  # type: ignore[index]
