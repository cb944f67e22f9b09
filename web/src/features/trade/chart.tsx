import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api/client";
import { failureOf, type Failure } from "../../api/failure";
import type { Candle, Listed, Market, PublicTrade } from "../../api/types";
import { palette, preference, theme } from "../../app/prefs";
import { lang, texts } from "../../i18n/texts";
import { open } from "../../live/feeds";
import { rulesOf, tickers } from "../../live/markets";
import { openOrders } from "../../live/own";
import { amount } from "../../money/format";
import { FailureText, Tabs } from "../../ui/parts";
import { chosenIndicators as chosen } from "./chart-choice";
import type { Bar } from "./indicators";
import type { Drawing } from "./chart-drawing";

const INTERVALS = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"] as const;
type Interval = (typeof INTERVALS)[number];
const MS: Record<Interval, number> = { "1m": 60_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000, "1w": 604_800_000 };
/** 1970 began on a Thursday; weeks begin on Mondays. */
const MONDAY = 4 * 86_400_000;
const CURVES = ["SMA", "EMA", "VWAP", "BB", "RSI", "MACD"] as const;
const UPDATE_MS = 250;
const BARS = 500;

const interval = preference<Interval>("interval", INTERVALS, "1m");

function barOf(candle: Candle): Bar {
  return { time: Date.parse(candle.opened_at) / 1_000, open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close: Number(candle.close), volume: Number(candle.volume) };
}

/** The bars with a trade put in: the last bar changes, or a new one begins. */
function added(bars: Bar[], trade: PublicTrade, length: number): void {
  const shift = length === MS["1w"] ? MONDAY : 0;
  const time = Math.floor((Date.parse(trade.executed_at) - shift) / length) * (length / 1_000) + shift / 1_000;
  const [price, volume] = [Number(trade.price), Number(trade.quantity)];
  const last = bars[bars.length - 1];
  if (last && time < last.time) return;
  if (!last || time > last.time) bars.push({ time, open: price, high: price, low: price, close: price, volume });
  else Object.assign(last, { high: Math.max(last.high, price), low: Math.min(last.low, price), close: price, volume: last.volume + volume });
}

export function Chart({ market }: { market: Market }) {
  const t = texts.value;
  const rules = rulesOf(market);
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [empty, setEmpty] = useState(false);
  const [turn, setTurn] = useState(0);
  const every = interval.value;
  useEffect(() => {
    let gone = false;
    let bars: Bar[] = [];
    let timer = 0;
    let waiting: PublicTrade[] = [];
    let loadedUntil = "";
    const show = () => {
      timer = 0;
      for (const trade of waiting) if (trade.executed_at > loadedUntil) added(bars, trade, MS[every]);
      waiting = [];
      setEmpty(bars.length === 0);
      drawing.current?.show(bars.slice(-5_000));
    };
    const stop = open.subscribe("trades", market.symbol, (message) => {
      if (message.type !== "trades" || document.hidden) return;
      waiting.push(...(message.data as PublicTrade[]));
      timer ||= window.setTimeout(show, UPDATE_MS);
    });
    const load = async () => {
      try {
        const asked = new Date().toISOString();
        const [{ makeDrawing }, answer] = await Promise.all([import("./chart-drawing"), get<Listed<Candle>>(`/api/v1/markets/${market.symbol.replace("/", "")}/candles`, { interval: every, limit: BARS })]);
        if (gone || !box.current) return;
        drawing.current ??= makeDrawing(box.current, rules.priceDigits);
        bars = answer.data.map(barOf);
        loadedUntil = asked;
        show();
        drawing.current.fit();
        setFailure(null);
      } catch (error) {
        if (!gone) setFailure(failureOf(error));
      }
    };
    const seen = () => { if (!document.hidden) void load(); };
    document.addEventListener("visibilitychange", seen);
    open.opened.add(load);
    void load();
    return () => {
      gone = true;
      stop();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      open.opened.delete(load);
      drawing.current?.remove();
      drawing.current = null;
    };
  }, [market.symbol, every, turn, theme.value, palette.value, lang.value, chosen.value.join()]);
  const mine = openOrders.value.filter((order) => order.symbol === market.symbol);
  useEffect(() => drawing.current?.orders(mine), [mine.map((order) => `${order.id}${order.price}${order.stop_price}`).join(), failure, empty]);
  const last = amount(tickers.value[market.symbol]?.last_price, rules.priceDigits);
  return (
    <div class="chart">
      <div class="chart-tools">
        <Tabs small label={t.trade.interval} tabs={INTERVALS.map((each) => [each, each] as const)} value={every} onValue={(next) => (interval.value = next)} />
        <details class="menu">
          <summary class="button small ghost">ƒ {t.trade.indicators}</summary>
          <div class="menu-body">
            {CURVES.map((name) => (
              <label key={name} class="check"><input type="checkbox" checked={chosen.value.includes(name)} onChange={() => (chosen.value = chosen.value.includes(name) ? chosen.value.filter((each) => each !== name) : [...chosen.value, name])} /><span>{name}</span></label>
            ))}
          </div>
        </details>
        {(every === "1d" || every === "1w") && <small class="muted">{t.trade.utcDays}</small>}
      </div>
      {failure && <div class="notice bad"><FailureText failure={failure} /><button type="button" class="button small" onClick={() => setTurn(turn + 1)}>{t.common.retry}</button></div>}
      <div class="chart-box" ref={box} role="img" aria-label={t.trade.chartAbout(market.symbol, last)} />
      {empty && !failure && <p class="chart-empty">{t.trade.noCandles}</p>}
      <a class="attribution" href="https://www.tradingview.com/" target="_blank" rel="noopener">{t.trade.byTradingView}</a>
    </div>
  );
}
