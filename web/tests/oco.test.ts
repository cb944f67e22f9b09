// The pair of a limit order and a stop in the form: which prices it takes, what it locks, and how much a balance pays for.
import { expect, test } from "vitest";
import { estimate, faults, quantityOf, type Draft } from "../src/features/trade/estimate";
import { limitLock, stopLock } from "../src/money/cost";
import { parse } from "../src/money/units";

const of = (text: string) => parse(text)!;
const rules = { symbol: "BTC/TRY", base: "BTC", quote: "TRY", tick: of("0.01"), lot: of("0.0001"), bandBps: 1_000n, makerPpm: 1_000n, takerPpm: 2_000n, quantityMin: of("0.0001"), quantityMax: of("100"), notionalMin: of("10"), priceDigits: 2, sizeDigits: 4 };
const LAST = of("100");
const pair = (side: "BUY" | "SELL", price: string, trigger: string, stopLimit: string | null = null): Draft => ({ side, kind: "OCO", price: of(price), trigger: of(trigger), stopLimit: stopLimit === null ? null : of(stopLimit), trailBps: null, activation: null, quantity: of("2"), value: null, byValue: false });
const wrong = (draft: Draft, available: bigint | null = null) => faults(rules, draft, estimate(rules, draft, LAST, []), available);

test("to sell, the limit is above the trigger; to buy, below it", () => {
  expect(wrong(pair("SELL", "110", "90"))).toEqual([]);
  expect(wrong(pair("SELL", "90", "110"))).toEqual(["sides"]);
  expect(wrong(pair("SELL", "100", "100"))).toEqual(["sides"]);
  expect(wrong(pair("BUY", "90", "110"))).toEqual([]);
  expect(wrong(pair("BUY", "110", "90"))).toEqual(["sides"]);
});

test("the stop's own limit is optional, and on the price step", () => {
  expect(wrong(pair("SELL", "110", "90", "89.5"))).toEqual([]);
  expect(wrong(pair("SELL", "110", "90", "89.505"))).toEqual(["stopLimit"]);
  expect(wrong(pair("SELL", "110", "90", "0"))).toEqual(["stopLimit"]);
});

test("a buy locks the greater need of the two once, a sale its quantity once", () => {
  const lock = (draft: Draft) => estimate(rules, draft, LAST, []).lock;
  expect(lock(pair("SELL", "110", "90"))).toBe(of("2"));
  expect(lock(pair("BUY", "90", "110"))).toBe(stopLock(rules, of("110"), of("2")));
  expect(lock(pair("BUY", "90", "110", "111"))).toBe(limitLock(rules, of("111"), of("2")));
  expect(lock(pair("BUY", "90", "110", "80"))).toBe(limitLock(rules, of("90"), of("2")));
});

test("a part of the balance is a quantity whose lock it pays for", () => {
  const draft = pair("BUY", "90", "110");
  const quantity = quantityOf(rules, draft, 50n, of("1000"), LAST, []);
  expect(quantity % rules.lot).toBe(0n);
  expect(stopLock(rules, of("110"), quantity) <= of("500")).toBe(true);
  expect(stopLock(rules, of("110"), quantity + rules.lot) > of("500")).toBe(true);
  expect(wrong({ ...draft, quantity }, of("499"))).toEqual(["funds"]);
});
