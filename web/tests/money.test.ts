import { describe, expect, test } from "vitest";
import { readAmount } from "../src/money/typed";
import { parse, wire } from "../src/money/units";

describe("what a person types", () => {
  test.each([
    ["0,5", "0.5"], ["0.5", "0.5"], ["1.234,56", "1234.56"], ["1,234.56", "1234.56"], ["1.234.567", "1234567"], ["1,234,567", "1234567"], ["₺1.234.567,50", "1234567.5"],
    ["3500000", "3500000"], [",5", "0.5"], ["5,", "5"], ["1 234,5", "1234.5"], ["0,00000001", "0.00000001"],
  ])("%s is read as %s", (text, value) => {
    expect(wire(readAmount(text).units!)).toBe(value);
  });

  test.each(["", "abc", "1e-7", "-5", "1,2,3.4.5", "0,000000001", "٣"])("%s is no amount", (text) => {
    expect(readAmount(text).units).toBeNull();
  });

  test("a lone sign before three digits is said to be unclear", () => {
    expect(readAmount("1.234").ambiguous).toBe(true);
    expect(readAmount("0.234").ambiguous).toBe(false);
    expect(readAmount("1.2345").ambiguous).toBe(false);
  });
});

test("units and decimal strings are the same figures", () => {
  for (let turn = 0; turn < 1_000; turn += 1) {
    const units = BigInt(Math.floor(Math.random() * 1e15)) * BigInt(Math.floor(Math.random() * 1e4) + 1);
    expect(parse(wire(units))).toBe(units);
  }
  expect(parse("0.000000001")).toBeNull();
  expect(wire(150n)).toBe("0.0000015");
});
