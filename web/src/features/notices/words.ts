// What a notice says, and where it leads.
import type { Notice } from "../../api/types";
import type { Kind } from "../../i18n/notices";
import { texts } from "../../i18n/texts";
import { amount, assetDigits, money } from "../../money/format";
import { units } from "../../money/units";
import { moment } from "../../ui/time";

const SECURITY = "/hesap/guvenlik";
const PLACE: Partial<Record<Kind, string>> = {
  kyc_approved: "/hesap/kimlik", kyc_rejected: "/hesap/kimlik", api_key_created: "/hesap/api", api_key_resumed: "/hesap/api", api_keys_suspended: "/hesap/api", price_alert: "/alarmlar",
  email_changed: "/hesap/profil", email_change_asked: "/hesap/profil", bank_account_added: "/cuzdan", address_added: "/cuzdan",
};

/** The parameters as the reader writes figures and moments; a filled part of nothing is left out. */
function shown({ params }: Notice): Record<string, string> {
  const [base, quote] = (params.symbol ?? "").split("/");
  const found = { ...params };
  if (params.amount) found.sum = money(params.amount, params.currency ?? "");
  if (params.locked_until) found.locked_until = moment(params.locked_until);
  for (const name of ["price", "last_price"]) if (params[name]) found[name] = `${amount(params[name], assetDigits(quote ?? ""))} ${quote}`;
  for (const name of ["quantity", "filled_quantity"]) if (params[name]) found[name] = units(params[name]) ? `${amount(params[name])} ${base}` : "";
  return found;
}

/** Title and sentence; a kind that a newer platform knows is shown by its name. */
export function wordsOf(notice: Notice): [string, string] {
  return texts.value.notice[notice.kind]?.(shown(notice)) ?? [notice.kind, ""];
}

export function placeOf({ kind, params }: Notice): string {
  if (/^(deposit|withdrawal)_/.test(kind)) return "/cuzdan";
  if (kind === "market_halted" && params.symbol) return `/islem/${params.symbol.replace("/", "-")}`;
  if (kind.startsWith("order_")) return "/emirler";
  return PLACE[kind] ?? SECURITY;
}
