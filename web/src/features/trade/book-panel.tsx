import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Market } from "../../api/types";
import { lang, texts } from "../../i18n/texts";
import { follow, type Feed } from "../../live/book-feed";
import { open } from "../../live/feeds";
import { rulesOf, tickers } from "../../live/markets";
import { isPaper } from "../../live/mode";
import { openOrders } from "../../live/own";
import { amount } from "../../money/format";
import { digitsOf, units, type Units } from "../../money/units";
import { clock } from "../../ui/time";
import { toast } from "../../ui/toast";
import { clickPrice } from "./draft";
import { Rows, grouped } from "./book-rows";

const STEPS = [1n, 10n, 100n, 1_000n, 10_000n, 100_000n, 1_000_000n];
const ROWS = 25;

function ownPrices(symbol: string): Set<Units> {
  return new Set(openOrders.value.filter((order) => order.symbol === symbol && order.price && !isPaper.value).map((order) => units(order.price)));
}

/** A step that suits the price: about a hundred-thousandth of it. */
function firstStep(tick: Units, last: Units): bigint {
  return [...STEPS].reverse().find((step) => tick * step * 50_000n <= last) ?? 1n;
}

export function BookPanel({ market }: { market: Market }) {
  const t = texts.value.trade;
  const rules = rulesOf(market);
  const [step, setStep] = useState<bigint>(() => firstStep(rules.tick, units(tickers.value[market.symbol]?.last_price)));
  const [state, setState] = useState<"wait" | "live" | "stale">("wait");
  const [when, setWhen] = useState("");
  const [empty, setEmpty] = useState(false);
  const asks = useRef<HTMLTableSectionElement>(null);
  const bids = useRef<HTMLTableSectionElement>(null);
  const middle = useRef<HTMLDivElement>(null);
  const feedRef = useRef<Feed | null>(null);
  useEffect(() => {
    const [feed, leave] = follow(market.symbol);
    feedRef.current = feed;
    const sides = { SELL: new Rows(asks.current!, ROWS, clickPrice), BUY: new Rows(bids.current!, ROWS, clickPrice) };
    const priceDigits = digitsOf(rules.tick * step) < rules.priceDigits ? digitsOf(rules.tick * step) : rules.priceDigits;
    let language = lang.peek();
    const stop = effect(() => {
      feed.painted.value;
      if (language !== lang.value) {
        language = lang.value;
        sides.BUY.forget();
        sides.SELL.forget();
      }
      const mine = ownPrices(market.symbol);
      const lines = { BUY: grouped(feed.book.bids, rules.tick * step, "BUY", ROWS, mine), SELL: grouped(feed.book.asks, rules.tick * step, "SELL", ROWS, mine) };
      const deepest = [lines.BUY, lines.SELL].map((side) => side[side.length - 1]?.sum ?? 0n).reduce((a, b) => (a > b ? a : b));
      sides.SELL.write(lines.SELL, priceDigits, rules.sizeDigits, deepest);
      sides.BUY.write(lines.BUY, priceDigits, rules.sizeDigits, deepest);
      const [bid, ask] = [feed.book.bids[0], feed.book.asks[0]];
      middle.current!.textContent = bid && ask ? `${t.spread} ${amount(ask.price - bid.price, rules.priceDigits)}` : "";
      setEmpty(feed.book.epoch !== "" && !bid && !ask);
    });
    const watch = effect(() => {
      setState(feed.fresh.value ? "live" : feed.book.epoch ? "stale" : "wait");
      if (!feed.fresh.value && open.heardAt) setWhen(clock(new Date(open.heardAt).toISOString()));
    });
    return () => {
      stop();
      watch();
      leave();
    };
  }, [market.symbol, step, t]);
  const last = tickers.value[market.symbol];
  const steps = STEPS.map((each) => [each, amount(rules.tick * each)] as const);
  function readBest() {
    const book = feedRef.current?.book;
    toast(t.bestText(amount(book?.bids[0]?.price, rules.priceDigits), amount(book?.asks[0]?.price, rules.priceDigits)));
  }
  return (
    <div class={`book ${state}`}>
      <div class="book-tools">
        <label for="grouping" class="muted">{t.grouping}</label>
        <select id="grouping" value={String(step)} onChange={(event) => setStep(BigInt(event.currentTarget.value))}>
          {steps.map(([each, text]) => <option key={text} value={String(each)}>{text}</option>)}
        </select>
        <button type="button" class="icon-button" aria-label={t.best} title={t.best} onClick={readBest}>⇅</button>
      </div>
      {state !== "live" && <p class="stale-note" role="status">{state === "wait" ? texts.value.live.waiting : texts.value.live.staleBook(when)}</p>}
      {empty && state === "live" && <p class="empty small">{t.empty}</p>}
      <div class="book-scroll">
        <table class="levels asks" aria-live="off" aria-label={t.asks}>
          <thead><tr><th scope="col">{t.price} ({market.quote_asset})</th><th scope="col">{t.quantity} ({market.base_asset})</th><th scope="col">{t.sum}</th></tr></thead>
          <tbody ref={asks} />
        </table>
        <div class="book-middle">
          <strong>{amount(last?.last_price, rules.priceDigits)}</strong>
          <div ref={middle} class="muted" />
        </div>
        <table class="levels bids" aria-live="off" aria-label={t.bids}>
          <thead class="hidden-visually"><tr><th scope="col">{t.price}</th><th scope="col">{t.quantity}</th><th scope="col">{t.sum}</th></tr></thead>
          <tbody ref={bids} />
        </table>
      </div>
    </div>
  );
}
