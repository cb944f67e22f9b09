// Money as the engine counts it: integers of 10^-8. No value of money passes through Number.
export type Units = bigint;

export const SCALE = 100_000_000n;
const DIGITS = 8;
const DECIMAL = /^(-?)(\d{1,18})(?:\.(\d{1,18}))?$/;

/** A decimal string of the wire as units; null if it is none or has digits beyond the eighth. */
export function parse(text: string): Units | null {
  const found = DECIMAL.exec(text);
  if (!found) return null;
  const fraction = (found[3] ?? "").replace(/0+$/, "");
  if (fraction.length > DIGITS) return null;
  const units = BigInt(found[2]!) * SCALE + BigInt(fraction.padEnd(DIGITS, "0") || "0");
  return found[1] ? -units : units;
}

/** As `parse`, for what the platform itself has said. */
export function units(text: string | null | undefined): Units {
  return (text && parse(text)) || 0n;
}

/** The shortest decimal string; with `digits` at least so many behind the point. */
export function wire(value: Units, digits = 0): string {
  const size = value < 0n ? -value : value;
  const fraction = (size % SCALE).toString().padStart(DIGITS, "0");
  let end = DIGITS;
  while (end > digits && fraction[end - 1] === "0") end -= 1;
  return (value < 0n ? "-" : "") + (size / SCALE).toString() + (end ? `.${fraction.slice(0, end)}` : "");
}

/** How many digits behind the point a step such as 0.0001 needs. */
export function digitsOf(step: Units): number {
  return (wire(step).split(".")[1] ?? "").length;
}

export function product(left: Units, right: Units): Units {
  return (left * right) / SCALE;
}

export function down(value: Units, step: Units): Units {
  return step > 0n ? value - (value % step) : value;
}

export function least(left: Units, right: Units): Units {
  return left < right ? left : right;
}
