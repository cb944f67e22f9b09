// What an order in the form would cost, lock and bring, and what is wrong with it: pure, in units.
import type { MarketRules } from "../../live/markets";
import { averagePrice, fee, limitLock, stopLock, trailingStart, walk, type Level, type Walk } from "../../money/cost";
import { down, least, product, type Units } from "../../money/units";

/** OCO is a limit order and a stop, of which one cancels the other. */
export type Kind = "LIMIT" | "MARKET" | "STOP" | "STOP_LIMIT" | "TAKE_PROFIT" | "TAKE_PROFIT_LIMIT" | "TRAILING_STOP" | "OCO";
export const KINDS: readonly Kind[] = ["LIMIT", "MARKET", "STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "TRAILING_STOP", "OCO"];

export const hasLimit = (kind: Kind) => kind === "LIMIT" || kind === "STOP_LIMIT" || kind === "TAKE_PROFIT_LIMIT" || kind === "OCO";
export const hasTrigger = (kind: Kind) => kind !== "LIMIT" && kind !== "MARKET" && kind !== "TRAILING_STOP";

export interface Draft {
  side: "BUY" | "SELL";
  kind: Kind;
  price: Units | null;
  trigger: Units | null;
  /** The limit price of the stop of an OCO; without one the stop becomes a market order. */
  stopLimit?: Units | null;
  trailBps: bigint | null;
  activation: Units | null;
  quantity: Units | null;
  /** MARKET by its value in the quote asset instead of a quantity. */
  value: Units | null;
  byValue: boolean;
}

export interface Estimate {
  /** Price times quantity. */
  value: Units;
  fee: Units;
  lock: Units;
  lockIn: string;
  receive: Units;
  receiveIn: string;
  average: Units;
  walk: Walk | null;
}

export type Fault = "price" | "trigger" | "trail" | "quantity" | "tick" | "triggerTick" | "stopLimit" | "sides" | "activationTick" | "lot" | "min" | "max" | "notional" | "funds" | "dry";

/** The price that values the order: its limit, its trigger, or where a trailing order starts. */
export function reference(rules: MarketRules, draft: Draft, last: Units): Units {
  if (hasLimit(draft.kind)) return draft.price ?? 0n;
  if (hasTrigger(draft.kind)) return draft.trigger ?? 0n;
  if (draft.kind !== "TRAILING_STOP") return last;
  const start = draft.activation ?? last;
  return draft.side === "BUY" && draft.trailBps ? trailingStart(rules, start, draft.trailBps) : start;
}

/** What a BUY that waits locks for a quantity; the two orders of an OCO lock the greater of their needs, once. */
function buyLock(rules: MarketRules, draft: Draft, price: Units, quantity: Units): Units {
  if (!hasLimit(draft.kind)) return stopLock(rules, price, quantity);
  const lock = limitLock(rules, price, quantity);
  if (draft.kind !== "OCO") return lock;
  const stop = draft.stopLimit ? limitLock(rules, draft.stopLimit, quantity) : stopLock(rules, draft.trigger ?? 0n, quantity);
  return stop > lock ? stop : lock;
}

export function estimate(rules: MarketRules, draft: Draft, last: Units, levels: readonly Level[]): Estimate {
  const buys = draft.side === "BUY";
  const wanted = draft.byValue ? { value: draft.value ?? 0n } : { quantity: draft.quantity ?? 0n };
  const walked = draft.kind === "MARKET" ? walk(rules, levels, wanted) : null;
  const price = reference(rules, draft, last);
  const quantity = walked ? walked.quantity : (draft.quantity ?? 0n);
  const value = walked ? walked.value : product(price, quantity);
  const highest = walked || (draft.kind !== "LIMIT" && draft.kind !== "OCO") ? rules.takerPpm : rules.makerPpm > rules.takerPpm ? rules.makerPpm : rules.takerPpm;
  const paid = fee(value, highest);
  let lock = draft.byValue && !buys ? quantity : (draft.quantity ?? quantity);
  if (buys) lock = walked ? walked.cost : buyLock(rules, draft, price, quantity);
  return {
    value, fee: paid, lock,
    lockIn: buys ? rules.quote : rules.base,
    receive: buys ? quantity : value - paid,
    receiveIn: buys ? rules.base : rules.quote,
    average: walked ? averagePrice(walked) : price,
    walk: walked,
  };
}

export function faults(rules: MarketRules, draft: Draft, found: Estimate, available: Units | null): Fault[] {
  const wrong: Fault[] = [];
  const positive = (value: Units | null) => value !== null && value > 0n;
  if (hasLimit(draft.kind)) {
    if (!positive(draft.price)) wrong.push("price");
    else if (draft.price! % rules.tick) wrong.push("tick");
  }
  if (hasTrigger(draft.kind)) {
    if (!positive(draft.trigger)) wrong.push("trigger");
    else if (draft.trigger! % rules.tick) wrong.push("triggerTick");
  }
  if (draft.kind === "OCO" && !wrong.length) {
    const buys = draft.side === "BUY";
    if (draft.stopLimit !== null && draft.stopLimit !== undefined && (draft.stopLimit <= 0n || draft.stopLimit % rules.tick)) wrong.push("stopLimit");
    if (buys ? draft.price! >= draft.trigger! : draft.price! <= draft.trigger!) wrong.push("sides");
  }
  if (draft.kind === "TRAILING_STOP") {
    if (draft.trailBps === null || draft.trailBps < 1n || draft.trailBps > 9_999n) wrong.push("trail");
    if (draft.activation !== null && draft.activation % rules.tick) wrong.push("activationTick");
  }
  if (draft.byValue) {
    if (!positive(draft.value)) wrong.push("quantity");
  } else if (!positive(draft.quantity)) wrong.push("quantity");
  else if (draft.quantity! % rules.lot) wrong.push("lot");
  else if (draft.quantity! < rules.quantityMin) wrong.push("min");
  else if (draft.quantity! > rules.quantityMax) wrong.push("max");
  if (wrong.length) return wrong;
  if (found.walk?.dry) wrong.push("dry");
  else if (rules.notionalMin > 0n && (draft.byValue ? draft.value! : found.value) < rules.notionalMin) wrong.push("notional");
  if (available !== null && found.lock > available) wrong.push("funds");
  return wrong;
}

/** A part of the balance as a quantity that the engine takes; of a MARKET BUY by what the book asks for it. */
export function quantityOf(rules: MarketRules, draft: Draft, part: bigint, available: Units, last: Units, levels: readonly Level[]): Units {
  const money = (available * part) / 100n;
  if (draft.side === "SELL") return least(down(money, rules.lot), rules.quantityMax);
  if (draft.kind === "MARKET") {
    const value = (money * 1_000_000n) / (1_000_000n + rules.takerPpm);
    let found = walk(rules, levels, { value }).quantity;
    while (found > 0n && walk(rules, levels, { quantity: found }).cost > money) found -= rules.lot;
    return least(found, rules.quantityMax);
  }
  const price = reference(rules, draft, last);
  if (price <= 0n) return 0n;
  const each = buyLock(rules, draft, price, rules.lot);
  return least(each > 0n ? (money / each) * rules.lot : 0n, rules.quantityMax);
}
