// Orders that the engine has judged (tests/unit/web/test_pages_money.py writes them): the page must come to the same figures.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { estimate, type Draft, type Kind } from "../src/features/trade/estimate";
import { fee, type Level } from "../src/money/cost";
import { units } from "../src/money/units";

interface Vector {
  rules: Record<string, string>;
  levels: [string, string][];
  last: string;
  fee: [string, string];
  kind: Kind;
  quantity: string;
  price?: string;
  stop?: string;
  stop_limit?: string;
  trail_bps?: string;
  required: string;
}

const path = process.env.VECTORS;

test.skipIf(!path)("cost, fee and lock are the engine's", () => {
  const vectors = JSON.parse(readFileSync(path!, "utf8")) as Vector[];
  expect(vectors.length).toBe(1_000);
  for (const vector of vectors) {
    const given = (name: string) => BigInt(vector.rules[name]!);
    const rules = { symbol: "BTC/USDT", base: "BTC", quote: "USDT", tick: given("tick"), lot: given("lot"), bandBps: given("band_bps"), makerPpm: given("maker_fee_ppm"), takerPpm: given("taker_fee_ppm"), quantityMin: 0n, quantityMax: 10n ** 16n, notionalMin: 0n, priceDigits: 2, sizeDigits: 4 };
    const big = (text?: string) => (text === undefined ? null : BigInt(text));
    const draft: Draft = { side: "BUY", kind: vector.kind, price: big(vector.price), trigger: big(vector.stop), stopLimit: big(vector.stop_limit), trailBps: big(vector.trail_bps), activation: null, quantity: BigInt(vector.quantity), value: null, byValue: false };
    const levels = vector.levels.map(([price, quantity]): Level => [units(price), units(quantity)]);
    expect(estimate(rules, draft, units(vector.last), levels).lock.toString(), JSON.stringify(vector)).toBe(vector.required);
    expect(fee(BigInt(vector.fee[0]), rules.takerPpm).toString()).toBe(vector.fee[1]);
  }
});
