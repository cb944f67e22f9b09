import { expect, test } from "vitest";
import en from "../src/i18n/en";
import tr from "../src/i18n/tr";

function keys(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => keys(inner, `${at}.${name}`));
}

test("both languages have words for the same things, statuses included", () => {
  expect(keys(en)).toEqual(keys(tr));
});

test("no word is empty", () => {
  for (const language of [tr, en]) for (const [name, group] of Object.entries(language)) expect(JSON.stringify(group) ?? "-", name).not.toContain('""');
});
