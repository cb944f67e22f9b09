"""What staff see of a withdrawal before they decide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.integration.wallet.test_payouts import saver, staff, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import User, Wallet

__all__ = ["saver", "staff"]


def test_staff_see_who_asks_what_speaks_against_it_and_what_came_before(
    wallet: Wallet, saver: User, staff: User, new_user: Callable[..., User]
) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    path = f"/api/wallet/admin/withdrawals/{withdrawal['id']}"
    assert wallet.call("GET", path, user=saver).code == "FORBIDDEN"
    seen = wallet.call("GET", path, user=staff).body
    assert (seen["user"]["email"], seen["user"]["status"], seen["withdrawal"]["status"]) == (saver.email, "ACTIVE", "APPROVED")
    assert {"YOUNG_ACCOUNT", "FIRST_WITHDRAWAL", "NEW_DESTINATION", "JUST_DEPOSITED"} <= set(seen["risks"])
    assert (seen["facts"]["withdrawn_24_h"], seen["facts"]["deposited_24_h"]) == ("300", "1000")
    assert [approval["staff_id"] for approval in seen["approvals"]] == [str(staff.id)]
    assert (seen["payout"]["attempts"], seen["history"]) == (0, [])
    wallet.run_payouts()
    wallet.pass_time(timedelta(days=8))
    code = wallet.code(saver)
    account = wallet.call("GET", "/api/wallet/bank-accounts", user=saver).body["data"][0]["id"]
    body = {"amount": "100", "fiat_account_id": account, "two_fa_code": code}
    again = wallet.call("POST", "/api/wallet/withdraw/fiat", body, user=saver).body
    later = wallet.call("GET", f"/api/wallet/admin/withdrawals/{again['id']}", user=new_user(roles="USER,ADMIN")).body
    assert (later["risks"], [other["id"] for other in later["history"]]) == ([], [withdrawal["id"]])
