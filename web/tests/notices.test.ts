import { expect, test } from "vitest";
import en from "../src/i18n/en";
import tr from "../src/i18n/tr";

const GIVEN = { sum: "₺5,00", symbol: "BTC/TRY", side: "SELL", quantity: "1 BTC", filled_quantity: "1 BTC", price: "2 TRY", last_price: "3 TRY", condition: "BELOW", status: "FAILED", reason: "CANCEL_ALL_AFTER", locked_until: "12:00", count: "2", label: "bot", scopes: "read", remaining: "3", new_email: "a@b.co", ip_address: "1.2.3.4", device: "Firefox", bank_name: "Banka", iban: "TR00", currency: "BTC", address: "bc1q", level: "2", network: "Bitcoin", destination: "bc1q", orders: "2", amount: "5", type: "STOP" };

test.each([["tr", tr], ["en", en]] as const)("every kind of notice has a title and a sentence in %s, with and without its parameters", (_, texts) => {
  const kinds = Object.entries(texts.notice);
  expect(kinds.length).toBeGreaterThan(30);
  for (const [kind, words] of kinds) {
    for (const params of [{}, GIVEN]) {
      const [title, sentence] = words(params);
      expect(title.length, kind).toBeGreaterThan(3);
      expect(sentence.length, kind).toBeGreaterThan(3);
    }
    expect(words(GIVEN).join(), kind).not.toMatch(/undefined|null|  /);
  }
});

test("what a notice is about is in its sentence", () => {
  expect(tr.notice.price_alert(GIVEN)[1]).toBe("BTC/TRY 2 TRY altına indi. Son fiyat: 3 TRY.");
  expect(en.notice.withdrawal_status(GIVEN)[1]).toBe("Your withdrawal of ₺5,00 failed; the amount is back in your account.");
  expect(en.notice.order_cancelled(GIVEN)[1]).toBe("Your BTC/TRY sell order was cancelled: your connection was lost. Filled: 1 BTC.");
});
