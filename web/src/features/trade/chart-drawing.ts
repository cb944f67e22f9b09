// The candles on their canvas, with curves and own orders. Loaded when a chart is first shown.
import { CandlestickSeries, HistogramSeries, LineSeries, LineStyle, createChart, createSeriesMarkers, type ISeriesApi, type LineData, type UTCTimestamp } from "lightweight-charts";
import type { Fill, Order } from "../../api/types";
import { chosenIndicators } from "./chart-choice";
import { dragLines, onPlaces, type OrderLine } from "./chart-drag";
import type { Mark, Point } from "./chart-marks";
import { Marks } from "./chart-primitive";
import { amount, locale } from "../../money/format";
import { zone } from "../../ui/time";
import { bollinger, ema, macd, rsi, sma, vwap, type Bar, type Curve } from "./indicators";

export interface Drawing {
  show(bars: Bar[]): void;
  orders(orders: Order[]): void;
  marks(marks: readonly Mark[]): void;
  /** Own fills as arrows at their bars. */
  fills(fills: readonly Fill[]): void;
  fit(): void;
  remove(): void;
}

const COLOURS = { SMA: "#f0b429", EMA: "#8f7ff0", VWAP: "#2fb8c6", BB: "#7a8aa0", RSI: "#c77dff", MACD: "#4c8dff" };
const SHOWN_BARS = 120;

function colour(box: HTMLElement, name: string): string {
  return getComputedStyle(box).getPropertyValue(name).trim();
}

const stamp = (seconds: unknown, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }).format(new Date(Number(seconds) * 1_000));

export interface Heard {
  /** A place on the chart was clicked. */
  placed(point: Point): void;
  /** The line of an own order was moved to a price. */
  dropped(order: Order, price: number): void;
  movable(order: Order): boolean;
}

export function makeDrawing(box: HTMLElement, digits: number, heard: Heard): Drawing {
  const [up, down, text, line] = ["--up", "--down", "--muted", "--line"].map((name) => colour(box, name)) as [string, string, string, string];
  const chart = createChart(box, {
    autoSize: true,
    layout: { background: { color: "transparent" }, textColor: text, fontSize: 11, attributionLogo: false, panes: { separatorColor: line } },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line, timeVisible: true, secondsVisible: false, rightOffset: 4, maxBarSpacing: 24, tickMarkFormatter: (time: unknown, kind: number) => stamp(time, kind <= 2 ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" }) },
    localization: { timeFormatter: (time: unknown) => stamp(time, { dateStyle: "short", timeStyle: "short" }), priceFormatter: (price: number) => amount(price.toFixed(digits), digits) },
    crosshair: { mode: 0 },
  });
  const candles = chart.addSeries(CandlestickSeries, { upColor: up, downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down, priceFormat: { type: "price", precision: digits, minMove: 1 / 10 ** digits } });
  const volume = chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  const curves = curvesOf(chosenIndicators.peek(), (colourName, pane) => chart.addSeries(LineSeries, { color: colourName, lineWidth: 1, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false }, pane));
  const arrows = createSeriesMarkers<UTCTimestamp>(candles as ISeriesApi<"Candlestick", UTCTimestamp>);
  const own = new Marks(colour(box, "--accent"), digits);
  candles.attachPrimitive(own);
  let lines: OrderLine[] = [];
  let drawn: Bar[] = [];
  let marked: readonly Mark[] = [];
  let filled: readonly Fill[] = [];
  const length = () => (drawn.length > 1 ? drawn[drawn.length - 1]!.time - drawn[drawn.length - 2]!.time : 60);
  const leavePlaces = onPlaces(box, (x, y) => {
    const [logical, price] = [chart.timeScale().coordinateToLogical(x), candles.coordinateToPrice(y)];
    if (price === null || logical === null || !drawn.length || y > chart.panes()[0]!.getHeight()) return;
    const at = Math.min(Math.max(logical, 0), drawn.length - 1);
    heard.placed({ time: drawn[at]!.time + (logical - at) * length(), price });
  });
  const letGo = dragLines(box, chart, candles, () => lines.filter(({ order }) => heard.movable(order)), heard.dropped);
  const showFills = () => {
    const times = drawn.map((bar) => bar.time);
    const told = new Set<string>(); // one arrow for all fills of a side in a bar
    const bars = filled.flatMap((fill) => {
      const after = times.findIndex((time) => time > Date.parse(fill.executed_at) / 1_000);
      const at = (after < 0 ? times.length : after) - 1;
      if (at < 0 || told.size === told.add(`${at} ${fill.side}`).size) return [];
      return [{ time: times[at] as UTCTimestamp, buys: fill.side === "BUY" }];
    });
    bars.sort((a, b) => a.time - b.time);
    arrows.setMarkers(bars.map(({ time, buys }) => ({ time, position: buys ? "belowBar" : "aboveBar", shape: buys ? "arrowUp" : "arrowDown", color: buys ? up : down })));
  };
  return {
    show(bars) {
      const only = bars.length - drawn.length;
      const same = drawn.length > 0 && only >= 0 && only <= 1 && bars[0]?.time === drawn[0]?.time;
      const data = (bar: Bar) => ({ ...bar, time: bar.time as UTCTimestamp });
      const tall = (bar: Bar) => ({ time: bar.time as UTCTimestamp, value: bar.volume, color: (bar.close >= bar.open ? up : down) + "55" });
      if (same) {
        for (const bar of bars.slice(-1 - only)) {
          candles.update(data(bar));
          volume.update(tall(bar));
        }
      } else {
        candles.setData(bars.map(data));
        volume.setData(bars.map(tall));
      }
      for (const curve of curves) {
        const points = curve.of(bars);
        const at = (index: number): LineData<UTCTimestamp>[] => (points[index] === null || points[index] === undefined ? [] : [{ time: bars[index]!.time as UTCTimestamp, value: points[index]! }]);
        if (same) for (const point of at(bars.length - 1)) curve.series.update(point);
        else curve.series.setData(bars.flatMap((_, index) => at(index)));
      }
      drawn = bars.map((bar) => ({ ...bar }));
      own.show(marked, drawn.map((bar) => bar.time));
      if (!same) showFills();
    },
    marks(marks) {
      marked = marks;
      own.show(marked, drawn.map((bar) => bar.time));
    },
    fills(fills) {
      filled = fills;
      showFills();
    },
    orders(orders) {
      for (const { line: each } of lines) candles.removePriceLine(each);
      lines = orders.flatMap((order) => {
        const price = order.price ?? order.stop_price;
        if (!price) return [];
        return [{ order, price: Number(price), line: candles.createPriceLine({ price: Number(price), color: order.side === "BUY" ? up : down, lineWidth: 1, lineStyle: order.status === "PENDING_TRIGGER" ? LineStyle.Dotted : LineStyle.Dashed, axisLabelVisible: true, title: `${order.side === "BUY" ? "▲" : "▼"} ${amount(order.remaining_quantity)}` }) }];
      });
    },
    fit() {
      chart.timeScale().setVisibleLogicalRange({ from: Math.max(drawn.length - SHOWN_BARS, 0) - 1, to: Math.max(drawn.length, 30) + 3 });
    },
    remove() {
      letGo();
      leavePlaces();
      chart.remove();
    },
  };
}

interface Drawn {
  series: ISeriesApi<"Line">;
  of(bars: Bar[]): Curve;
}

function curvesOf(names: string[], add: (colour: string, pane: number) => ISeriesApi<"Line">): Drawn[] {
  const closes = (bars: Bar[]) => bars.map((bar) => bar.close);
  let pane = 0;
  return names.flatMap((name): Drawn[] => {
    if (name === "SMA") return [{ series: add(COLOURS.SMA, 0), of: (bars) => sma(closes(bars), 20) }];
    if (name === "EMA") return [{ series: add(COLOURS.EMA, 0), of: (bars) => ema(closes(bars), 50) }];
    if (name === "VWAP") return [{ series: add(COLOURS.VWAP, 0), of: vwap }];
    if (name === "BB") return [0, 1].map((side) => ({ series: add(COLOURS.BB, 0), of: (bars: Bar[]) => bollinger(closes(bars), 20, 2)[side]! }));
    pane += 1;
    const own = pane;
    if (name === "RSI") return [{ series: add(COLOURS.RSI, own), of: (bars) => rsi(closes(bars), 14) }];
    if (name === "MACD") return [0, 1].map((which) => ({ series: add(which ? COLOURS.SMA : COLOURS.MACD, own), of: (bars: Bar[]) => macd(closes(bars))[which]! }));
    return [];
  });
}
