// The user's own open orders and balances, as the private socket says them: all of them whenever it opens, then what changes. They are fetched
// once beside it, for a page whose socket does not come.
import { computed, effect, signal } from "@preact/signals";
import { get } from "../api/client";
import type { Balance, Listed, Order } from "../api/types";
import { token } from "../session/session";
import { units, type Units } from "../money/units";
import { own } from "./feeds";
import { isPaper, mode } from "./mode";
import type { Message } from "./socket";

const FINAL = new Set(["FILLED", "CANCELLED", "EXPIRED", "REJECTED"]);

export const orders = signal<Map<string, Order>>(new Map());
export const balances = signal<Map<string, Balance>>(new Map());
/** Grows with every change of an own order: lists of the history load again. */
export const changes = signal(0);
export const openOrders = computed(() => [...orders.value.values()].filter((order) => !FINAL.has(order.status)).sort((a, b) => (a.created_at < b.created_at ? 1 : -1)));

export function isFinal(order: Order): boolean {
  return FINAL.has(order.status);
}

export function availableOf(asset: string): Units {
  return units(balances.value.get(asset)?.available);
}

/** Later news wins; what is final stays final. */
export function take(order: Order): void {
  const before = orders.value.get(order.id);
  if (before && (isFinal(before) || before.updated_at > order.updated_at)) return;
  orders.value = new Map(orders.value).set(order.id, order);
  changes.value += 1;
}

/** How often the stream has said all that is open: what was asked for before says less. */
let told = 0;

function openAre(rows: Order[]): void {
  const now = new Map(rows.map((order) => [order.id, order]));
  for (const order of orders.value.values()) if (isFinal(order)) now.set(order.id, order);
  orders.value = now;
  changes.value += 1;
}

function hear(message: Message): void {
  if (message.type === "order_update") take(message.data as Order);
  else if (message.type === "orders_snapshot") {
    told += 1;
    openAre(message.data as Order[]);
  }
  else if (message.type === "balance_update") {
    const balance = message.data as Balance;
    balances.value = new Map(balances.value).set(balance.asset, balance);
  }
}

export async function loadOwn(): Promise<void> {
  const query = isPaper.value ? { mode: "paper" } : {};
  const before = told;
  const [found, money] = await Promise.all([
    get<Listed<Order>>("/api/v1/orders", { status: "ACTIVE", limit: 100, ...query }),
    get<Listed<Balance>>("/api/v1/account/balances", query),
  ]);
  if (told === before) openAre(found.data);
  balances.value = new Map(money.data.map((balance) => [balance.asset, balance]));
}

let leave: (() => void)[] = [];
let who = "";

effect(() => {
  const now = token.value ? mode.value : "";
  if (now === who) return;
  who = now;
  for (const each of leave) each();
  leave = [];
  orders.value = new Map();
  balances.value = new Map();
  if (!now) return;
  const asked = now === "paper" ? { mode: now } : {};
  leave = [own.subscribe("orders", "", hear, { ...asked, snapshot: true }), own.subscribe("balances", "", hear, asked)];
  void loadOwn().catch(() => undefined);
});
