import { joined, type Params, type Words } from "./notices";

const SIDE: Params = { BUY: "buy", SELL: "sell" };
const WITHDRAWAL: Params = { PENDING: "was received", APPROVED: "was approved", PROCESSING: "is being processed", COMPLETED: "is complete", REJECTED: "was rejected", FAILED: "failed; the amount is back in your account", CANCELLED: "was cancelled" };
const REASON: Params = { SELF_TRADE_PREVENTION: "it would have met an order of your own", CANCEL_ALL_AFTER: "your connection was lost", NO_LIQUIDITY: "the book had nothing to meet it", INSUFFICIENT_FUNDS: "the balance was not enough", IOC: "the rest could not trade at once", FOK: "it could not trade as a whole" };
const from = (p: Params) => p.ip_address && `Address: ${p.ip_address}.`;
const not = "If this was not you, change your password now and write to us.";
const order = (p: Params) => `Your ${p.symbol} ${SIDE[p.side ?? ""] ?? ""} order`.replace("  ", " ");
const filled = (p: Params) => p.filled_quantity && `Filled: ${p.filled_quantity ?? "—"}.`;

const words: Words = {
  account_locked: (p) => ["Your account is locked for a while", joined(`A wrong password was entered several times; no log in is possible until ${p.locked_until ?? ""}.`, from(p))],
  confirmation_locked: (p) => ["Password confirmation is blocked", joined(`A wrong password was entered several times; none is taken until ${p.locked_until ?? ""}.`, from(p))],
  second_factor_locked: (p) => ["Codes are blocked", joined(`A wrong code was entered several times; none is taken until ${p.locked_until ?? ""}.`, from(p))],
  password_changed: (p) => ["Your password was changed", joined("All sessions were ended; nothing can be withdrawn for 24 hours.", from(p), not)],
  api_keys_suspended: (p) => ["Your API keys are suspended", `Your password was changed: ${p.count ?? ""} keys are suspended. Resume those that you know.`],
  api_key_resumed: (p) => ["An API key was resumed", joined(`“${p.label ?? ""}”.`, not)],
  api_key_created: (p) => ["A new API key was created", joined(`“${p.label ?? ""}”, scopes: ${p.scopes ?? "—"}.`, not)],
  session_reuse: (p) => ["A session was ended for security", joined("A session token that had been used was used again.", from(p))],
  two_factor_enabled: () => ["Two-factor authentication is on", "Nothing can be withdrawn for 24 hours."],
  two_factor_disabled: () => ["Two-factor authentication is off", joined("Nothing can be withdrawn for 24 hours.", not)],
  backup_code_used: (p) => ["A backup code was used", joined(`Backup codes left: ${p.remaining ?? "—"}.`, not)],
  email_change_asked: (p) => ["A change of e-mail was requested", joined(`New address: ${p.new_email ?? "—"}.`, from(p), not)],
  email_changed: (p) => ["Your e-mail address was changed", joined(`New address: ${p.new_email ?? "—"}.`, from(p), not)],
  device_trusted: (p) => ["A device is trusted", joined(p.device && `${p.device}.`, from(p), not)],
  bank_account_added: (p) => ["A bank account was added", joined(`${p.bank_name ?? ""} ${p.iban ?? ""}.`, not)],
  address_added: (p) => ["A new withdrawal address", joined(`“${p.label ?? ""}” for ${p.currency ?? ""}${p.network ? ` (${p.network})` : ""}: ${p.address ?? "—"}. It can be used 24 hours after you confirm it by the link in the mail.`, not)],
  kyc_approved: (p) => ["Your identity is confirmed", `Your identity level: ${p.level ?? "—"}. Your new limits hold.`],
  kyc_rejected: (p) => ["Your identity was not confirmed", joined(p.reason && `${p.reason}.`, "The identity page says why; you can apply again.")],
  deposit_detected: (p) => ["Your deposit was seen", `${p.sum ?? ""} is credited after the confirmations.`],
  deposit_credited: (p) => ["Your deposit is complete", `${p.sum ?? ""} is in your account.`],
  deposit_held: (p) => ["Your deposit is being reviewed", `${p.sum ?? ""} could not be credited by itself; our team looks at it.`],
  deposit_returned: (p) => ["Your deposit was returned", `${p.sum ?? ""} went back to its sender.`],
  deposit_reversed: (p) => ["Your deposit was reversed by its network", `${p.sum ?? ""} is no longer on the chain; until that is settled it cannot be withdrawn.`],
  withdrawal_requested: (p) => ["Your withdrawal was requested", joined(`${p.sum ?? ""} to ${p.destination ?? "—"}${p.network ? ` (${p.network})` : ""}.`, not)],
  withdrawal_status: (p) => ["About your withdrawal", `Your withdrawal of ${p.sum ?? ""} ${WITHDRAWAL[p.status ?? ""] ?? p.status ?? ""}.`],
  order_filled: (p) => ["Your order was filled", `${order(p)}: ${p.quantity ?? "—"} at ${p.price ?? "—"} on average.`],
  order_triggered: (p) => ["Your order was triggered", `${order(p)} has reached its trigger price.`],
  order_expired: (p) => ["Your order has expired", joined(`${order(p)} was closed because its time was over.`, filled(p))],
  order_cancelled: (p) => ["Your order was cancelled", joined(`${order(p)} was cancelled${REASON[p.reason ?? ""] ? `: ${REASON[p.reason ?? ""]}` : ""}.`, filled(p))],
  market_halted: (p) => ["Trading is halted", `${p.symbol} is halted; ${p.orders ?? ""} of your open orders were cancelled and what they had locked is free.`],
  price_alert: (p) => ["Price alert", `${p.symbol} ${p.condition === "BELOW" ? "has fallen below" : "has risen above"} ${p.price ?? "—"}. Last price: ${p.last_price ?? "—"}.`],
};

export default words;
