import { beforeEach, expect, test, vi } from "vitest";
import { Failure } from "../src/api/failure";
import en from "../src/i18n/en";
import { lang, texts, type Lang } from "../src/i18n/texts";
import tr from "../src/i18n/tr";

vi.mock("../src/app/prefs", () => ({ remember: () => undefined })); // what a page keeps needs a browser

const NUMBER = { field: "limit", message: "must be a whole number from 1 to 100", code: "NUMBER", params: { lowest: "1", highest: "100" } };
const LACKS = { field: "password", message: "must contain an upper-case letter, one of @ $", code: "PASSWORD_LACKS", params: { lacks: "an upper-case letter, one of @ $" } };

function failure(code: string, ...errors: (typeof NUMBER | typeof LACKS | { field: string; message: string; code: string; params: Record<string, string> })[]): Failure {
  return new Failure({ code, status: 400, title: "title", message: "ileti", errors });
}

function speak(language: Lang): void {
  texts.value = language === "tr" ? tr : en;
  lang.value = language;
}

beforeEach(() => speak("tr"));

test("a field's error is said in the page's language", () => {
  const refused = failure("VALIDATION_ERROR", NUMBER, LACKS);
  expect(refused.at("limit")).toBe("1 ile 100 arasında bir tam sayı olmalı.");
  expect(refused.at("password")).toBe("Eksik: büyük harf, şunlardan biri: @ $.");
  speak("en");
  expect(refused.at("limit")).toBe("A whole number from 1 to 100.");
  expect(refused.at("colour")).toBeNull();
});

test("what a field has shown is not listed below the form", () => {
  const refused = failure("VALIDATION_ERROR", NUMBER, LACKS);
  refused.at("limit");
  expect(refused.elsewhere().map((each) => each.field)).toEqual(["password"]);
});

test("a field that says no more than its problem is silent, and a code that is newer than the page is said in the platform's words", () => {
  const band = { field: "price", message: "The price is outside the band", code: "PRICE_BAND", params: {} };
  expect(failure("PRICE_BAND", band).at("price")).toBeNull();
  const newer = { field: "price", message: "must be a prime", code: "PRIME", params: {} };
  expect(failure("VALIDATION_ERROR", newer).at("price")).toBe("must be a prime");
  const unnamed = { ...newer, code: "VALIDATION_ERROR" };
  expect(failure("VALIDATION_ERROR", unnamed).at("price")).toBe("must be a prime");
});
