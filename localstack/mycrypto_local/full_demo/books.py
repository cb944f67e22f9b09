"""The books: statements that add up, corrections by two people, what is owed as a proof, and chains that show every change."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from mycrypto import hash_chain, outbox
from mycrypto.audit import MESSAGE_TYPE
from mycrypto.hash_chain import AUDIT, LEDGER
from mycrypto.ids import new_uuid
from mycrypto.liabilities import publishing
from mycrypto.queue_names import dead_letters_name
from mycrypto_local.aws import LOCAL, of_emulator
from mycrypto_local.client import JSON, Trader
from mycrypto_local.full_demo.stage import Stage
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.queues import redrive
from mycrypto_local.verify import VerifyReport, verify


async def play(stage: Stage, elif_: Trader) -> None:
    await _adjust(stage, elif_)
    await _statements(stage, elif_)
    await _liabilities(stage, elif_)
    await _dead_letter(stage)
    await _partners(stage)
    await _audit(stage, elif_)


async def verified(stage: Stage) -> None:
    """The end of it all: three sources that know nothing of each other."""
    report: VerifyReport = await stage.step("log, wallets and ledger are compared", verify(stage.running), "mycrypto verify")
    stage.check(report.differences == [], "engine, wallets and ledger agree to the last unit", report.differences)


async def _adjust(stage: Stage, elif_: Trader) -> None:
    body = {
        "user_id": elif_.user_id,
        "direction": "CREDIT",
        "currency": "TRY",
        "amount": "12.34",
        "reason": "a fee that we had taken twice",
    }
    path = "/api/wallet/admin/adjustments"
    before = Decimal((await elif_.trading_balance("TRY"))["total"])
    asked = await stage.step("the first of staff proposes a correction", stage.first.call("POST", path, body), "with a reason")
    await stage.refused("the proposer's own approval", stage.first.call("POST", f"{path}/{asked['id']}/approve"), "FORBIDDEN")
    await stage.step("… and the second approves it", stage.second.call("POST", f"{path}/{asked['id']}/approve"))

    async def total() -> Decimal:
        return Decimal((await elif_.trading_balance("TRY"))["total"])

    seen = await stage.step("… until Elif has it", stage.until(total, lambda found: found > before), "through the engine")
    stage.check(seen - before == Decimal("12.34"), "it is exactly the correction", seen)
    sheet = await stage.step("staff read the balance sheet", stage.first.call("GET", "/api/wallet/admin/balance-sheet"))
    stage.check(sheet["balanced"], "in every currency the platform holds what it owes and owns", sheet)


async def _statements(stage: Stage, elif_: Trader) -> None:
    month = datetime.now(ZoneInfo("Europe/Istanbul")).strftime("%Y-%m")
    path = f"/api/wallet/statements/{month}"

    async def statement() -> JSON:
        found: JSON = await elif_.call("GET", path)
        return found

    def settled(found: JSON) -> bool:
        return any(row["amount"] == "12.34" for row in found["movements"])

    found = await stage.step("Elif reads the statement of the month", stage.until(statement, settled), "JSON")
    for row in found["currencies"]:
        together = Decimal(row["opening"]) + sum((Decimal(total["amount"]) for total in row["totals"]), Decimal(0))
        stage.check(together == Decimal(row["closing"]), f"opening and movements of {row['currency']} are its closing balance", row)
    text = await stage.step("… and has it as CSV", elif_.call("GET", f"{path}/csv"), "CSV")
    rows = list(csv.reader(io.StringIO(text)))
    stage.check(len(rows) > len(found["movements"]), "the file has every movement", len(rows))
    await stage.step("… and as PDF", _pdf(stage, elif_, f"{path}/pdf"), "PDF")


async def _pdf(stage: Stage, trader: Trader, path: str) -> int:
    headers = {"Authorization": f"Bearer {trader.access_token}", "Accept": "application/pdf"}
    async with stage.api.session.get(path, headers=headers) as response:
        content = await response.read()
    stage.check(content.startswith(b"%PDF-"), "the answer is a PDF", content[:16])
    return len(content)


async def _liabilities(stage: Stage, elif_: Trader) -> None:
    def publish() -> int:
        with psycopg.connect(stage.running.accounts_dsn, autocommit=True) as connection:
            found = publishing.publish(connection, datetime.now(UTC))
        return found.number if found else 0

    number = await stage.step("what is owed to users is published", asyncio.to_thread(publish), "a root and a total for each currency")
    proof = await stage.step("Elif downloads the own proof", elif_.call("GET", "/api/wallet/liabilities/proof", query={"number": number}))
    published = await stage.api.request("GET", "/api/wallet/liabilities")

    def check() -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("proof.json", "published.json")]
            for file, document in zip(files, (proof, published), strict=True):
                file.write_text(json.dumps(document))
            script = REPOSITORY / "web" / "public" / "verify_liabilities.py"
            words = [sys.executable, str(script), str(files[0]), "--published", str(files[1])]
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    status, said = await stage.step("… and checks it with the script", asyncio.to_thread(check), "Python and nothing else")
    stage.check(status == 0, "Elif's balances are part of the published total", said)


async def _dead_letter(stage: Stage) -> None:
    message_id, payload = outbox.message(MESSAGE_TYPE, {"action": "demo.redriven", "actor_type": "SYSTEM"}, message_id=new_uuid())

    def bury() -> int:
        sqs = of_emulator("sqs", stage.running.aws_endpoint)
        url = sqs.get_queue_url(QueueName=dead_letters_name(LOCAL, "audit-logs"))["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=payload.decode())
        return redrive(sqs, LOCAL, "audit-logs")

    moved = await stage.step("a dead letter is sent back to its queue", asyncio.to_thread(bury), "mycrypto queue redrive")
    stage.check(moved >= 1, "the letter was moved", moved)

    def kept() -> int:
        with psycopg.connect(stage.running.accounts_dsn) as connection:
            row = connection.execute("SELECT count(*) FROM audit_logs WHERE id = %s", (message_id,)).fetchone()
        return int(row[0]) if row else 0

    async def look() -> int:
        return await asyncio.to_thread(kept)

    await stage.step("… and its reader does the work", stage.until(look, bool), "one audit record")


async def _partners(stage: Stage) -> None:
    def compare() -> JSON:
        functions = of_emulator("lambda", stage.running.aws_endpoint)
        answer = functions.invoke(FunctionName="mycrypto-local-withdrawals", Payload=json.dumps({"job": "reconcile", "at_once": True}))
        found: JSON = json.loads(answer["Payload"].read())
        return found

    found = await stage.step("the statements of bank and chain are compared", asyncio.to_thread(compare), "as every night")
    stage.check(found.get("statements", 0) > 0, "both have been read", found)
    stage.check((found.get("differences"), found.get("away")) == ([], []), "and nothing of it differs from the books", found)


async def _audit(stage: Stage, elif_: Trader) -> None:
    path = "/api/auth/admin/audit-logs"
    found = await stage.step("staff search the audit trail", stage.first.call("GET", path, query={"user_id": elif_.user_id}))
    actions = {row["action"] for row in found["data"]}
    stage.check("adjustment.approved" in actions, "what staff did to Elif's account is there", actions)

    def chains() -> list[str]:
        with psycopg.connect(stage.running.accounts_dsn, autocommit=True) as connection:
            return [str(fault) for chain in (AUDIT, LEDGER) for fault in hash_chain.verify(connection, chain).faults]

    faults = await stage.step("both hash chains are computed again", asyncio.to_thread(chains), "mycrypto audit verify, ledger verify")
    stage.check(faults == [], "no record was changed, taken away or put in", faults)
