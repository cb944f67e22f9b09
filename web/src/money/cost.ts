// What an order costs, as engine_container/core/funds.py and tickets.py reckon it: the same integers, rounded the same way.
import { SCALE, type Units } from "./units";

const PPM = 1_000_000n;
const BPS = 10_000n;
const MARGIN_WITHOUT_BAND = 1_000n;

export interface Rules {
  tick: Units;
  lot: Units;
  bandBps: bigint;
  makerPpm: bigint;
  takerPpm: bigint;
}

export type Level = readonly [price: Units, quantity: Units];

export function fee(value: Units, ratePpm: bigint): Units {
  return (value * ratePpm + PPM - 1n) / PPM;
}

/** Quote units of one lot at one tick. */
function unitOf(rules: Rules): Units {
  return (rules.tick * rules.lot) / SCALE;
}

function raised(price: bigint, bps: bigint): bigint {
  return (price * (BPS + bps)) / BPS;
}

export function lockPerLot(rules: Rules, price: Units): Units {
  const value = (price / rules.tick) * unitOf(rules);
  return value + fee(value, rules.makerPpm > rules.takerPpm ? rules.makerPpm : rules.takerPpm);
}

/** What a BUY locks in quote, at a limit price. */
export function limitLock(rules: Rules, price: Units, quantity: Units): Units {
  return lockPerLot(rules, price) * (quantity / rules.lot);
}

/** What a BUY that becomes a market order at `trigger` locks: for its price with the band on top. */
export function stopLock(rules: Rules, trigger: Units, quantity: Units): Units {
  const ticks = raised(trigger / rules.tick, rules.bandBps > 0n ? rules.bandBps : MARGIN_WITHOUT_BAND);
  return limitLock(rules, ticks * rules.tick, quantity);
}

/** The reference of a trailing BUY: its start raised by the trail, in whole ticks. */
export function trailingStart(rules: Rules, start: Units, trailBps: bigint): Units {
  return raised(start / rules.tick, trailBps) * rules.tick;
}

/** Whole lots that `money` pays for at a limit price. */
export function affordable(rules: Rules, price: Units, money: Units): Units {
  const each = lockPerLot(rules, price);
  return each > 0n ? (money / each) * rules.lot : 0n;
}

export interface Walk {
  quantity: Units;
  value: Units;
  cost: Units;
  worst: Units;
  dry: boolean;
}

/** How far an order reaches into the levels of the other side (depth.py): up to a quantity, or up to a value in quote. */
export function walk(rules: Rules, levels: readonly Level[], wanted: { quantity?: Units; value?: Units }): Walk {
  const found: Walk = { quantity: 0n, value: 0n, cost: 0n, worst: 0n, dry: true };
  const unit = unitOf(rules);
  let lots = wanted.quantity === undefined ? null : wanted.quantity / rules.lot;
  let money = wanted.value ?? null;
  for (const [price, quantity] of levels) {
    const lotValue = (price / rules.tick) * unit;
    const here = quantity / rules.lot;
    let taken = here;
    if (lots !== null && lots < taken) taken = lots;
    if (money !== null && money / lotValue < taken) taken = money / lotValue;
    if (lots !== null) lots -= taken;
    if (money !== null) money -= taken * lotValue;
    if (taken > 0n) found.worst = price;
    found.quantity += taken * rules.lot;
    found.value += taken * lotValue;
    found.cost += taken * (lotValue + fee(lotValue, rules.takerPpm));
    if (taken < here || lots === 0n || (money !== null && money < lotValue)) {
      found.dry = false;
      break;
    }
  }
  return found;
}

export function averagePrice(found: Walk): Units {
  return found.quantity > 0n ? (found.value * SCALE) / found.quantity : 0n;
}
