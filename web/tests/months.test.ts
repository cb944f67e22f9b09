import { expect, test } from "vitest";
import { monthsBefore } from "../src/features/wallet/months";

test("months are Turkish ones and go back over the year", () => {
  expect(monthsBefore(new Date("2026-01-31T20:59:59Z"), 3)).toEqual(["2026-01", "2025-12", "2025-11"]);
  expect(monthsBefore(new Date("2026-01-31T21:00:00Z"), 2)).toEqual(["2026-02", "2026-01"]);
  expect(monthsBefore(new Date("2026-12-31T21:00:00Z"), 14).at(-1)).toBe("2025-12");
});
