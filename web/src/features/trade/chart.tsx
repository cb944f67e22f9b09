import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api/client";
import { failureOf, type Failure } from "../../api/failure";
import type { Candle, Fill, Listed, Market, Order } from "../../api/types";
import { palette, preference, theme } from "../../app/prefs";
import { lang, texts } from "../../i18n/texts";
import { open } from "../../live/feeds";
import { rulesOf, tickers } from "../../live/markets";
import { isPaper } from "../../live/mode";
import { changes, openOrders } from "../../live/own";
import { amount } from "../../money/format";
import { units, wire } from "../../money/units";
import { signedIn } from "../../session/session";
import { FailureText, Tabs } from "../../ui/parts";
import { chosenIndicators as chosen } from "./chart-choice";
import type { Bar } from "./indicators";
import type { Drawing } from "./chart-drawing";
import { POINTS, type MarkKind, type Point } from "./chart-marks";
import { marksOf, setMarks } from "./chart-marks-kept";
import { MarkTools } from "./chart-tools";
import { Amend, amendable } from "./order-rows";

const INTERVALS = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"] as const;
type Interval = (typeof INTERVALS)[number];
const CURVES = ["SMA", "EMA", "VWAP", "BB", "RSI", "MACD"] as const;
const UPDATE_MS = 250;
const BARS = 500;

const interval = preference<Interval>("interval", INTERVALS, "1m");

function barOf(candle: Candle): Bar {
  return { time: Date.parse(candle.opened_at) / 1_000, open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close: Number(candle.close), volume: Number(candle.volume) };
}

/** The bars with what the stream says: the last bar changes, or a new one begins. Of one bar said twice the one with more in it is newer. */
function put(bars: Bar[], bar: Bar): void {
  const last = bars[bars.length - 1];
  if (!last || bar.time > last.time) bars.push(bar);
  else if (bar.time === last.time && bar.volume >= last.volume) bars[bars.length - 1] = bar;
}

export function Chart({ market }: { market: Market }) {
  const t = texts.value;
  const rules = rulesOf(market);
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [empty, setEmpty] = useState(false);
  const [turn, setTurn] = useState(0);
  const [ready, setReady] = useState(0);
  const [tool, setTool] = useState<MarkKind | null>(null);
  const [moved, setMoved] = useState<[Order, string] | null>(null);
  const [fills, setFills] = useState<Fill[]>([]);
  const placing = useRef<{ kind: MarkKind | null; points: Point[] }>({ kind: null, points: [] });
  if (placing.current.kind !== tool) placing.current = { kind: tool, points: [] };
  const marks = marksOf(market.symbol);
  const heard = {
    placed(point: Point) {
      const { kind, points } = placing.current;
      if (!kind) return;
      points.push(point);
      if (points.length < POINTS[kind]) return;
      setMarks(market.symbol, [...marks.peek(), { kind, points }]);
      setTool(null);
    },
    dropped(order: Order, price: number) {
      const wanted = units(price.toFixed(rules.priceDigits));
      setMoved([order, wire(wanted - (wanted % rules.tick))]);
    },
    movable: amendable,
  };
  const every = interval.value;
  useEffect(() => {
    let gone = false;
    let bars: Bar[] = [];
    let timer = 0;
    let waiting: Bar[] = [];
    const show = () => {
      timer = 0;
      for (const bar of waiting) put(bars, bar);
      waiting = [];
      setEmpty(bars.length === 0);
      drawing.current?.show(bars.slice(-5_000));
    };
    const stop = open.subscribe("candles", market.symbol, (message) => {
      if (message.type !== "candle" || document.hidden) return;
      waiting.push(barOf(message.data as Candle));
      timer ||= window.setTimeout(show, UPDATE_MS);
    }, { interval: every });
    const load = async () => {
      try {
        const [{ makeDrawing }, answer] = await Promise.all([import("./chart-drawing"), get<Listed<Candle>>(`/api/v1/markets/${market.symbol.replace("/", "")}/candles`, { interval: every, limit: BARS })]);
        if (gone || !box.current) return;
        drawing.current ??= makeDrawing(box.current, rules.priceDigits, heard);
        bars = answer.data.map(barOf);
        drawing.current.marks(marks.peek());
        show();
        drawing.current.fit();
        setFailure(null);
        setReady((turn) => turn + 1);
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
  useEffect(() => drawing.current?.orders(mine), [mine.map((order) => `${order.id}${order.price}${order.stop_price}`).join(), ready]);
  useEffect(() => drawing.current?.marks(marks.value), [marks.value]);
  useEffect(() => {
    if (!signedIn.value || isPaper.value) return setFills([]);
    void get<Listed<Fill>>("/api/v1/account/trades", { symbol: market.symbol, limit: 50 }).then((answer) => setFills(answer.data)).catch(() => undefined); // the tab of fills says what failed
  }, [market.symbol, signedIn.value, isPaper.value, changes.value]);
  useEffect(() => drawing.current?.fills(fills), [fills, ready]);
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
        <MarkTools symbol={market.symbol} chosen={tool} choose={setTool} digits={rules.priceDigits} />
        {(every === "1d" || every === "1w") && <small class="muted">{t.trade.utcDays}</small>}
      </div>
      {failure && <div class="notice bad"><FailureText failure={failure} /><button type="button" class="button small" onClick={() => setTurn(turn + 1)}>{t.common.retry}</button></div>}
      <div class={tool ? "chart-box drawing" : "chart-box"} ref={box} role="img" aria-label={t.trade.chartAbout(market.symbol, last)} />
      {empty && !failure && <p class="chart-empty">{t.trade.noCandles}</p>}
      {moved && <Amend order={moved[0]} wanted={moved[1]} onClose={() => setMoved(null)} />}
      <a class="attribution" href="https://www.tradingview.com/" target="_blank" rel="noopener">{t.trade.byTradingView}</a>
    </div>
  );
}
