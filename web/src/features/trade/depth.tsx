import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Market } from "../../api/types";
import { theme } from "../../app/prefs";
import { texts } from "../../i18n/texts";
import { follow } from "../../live/book-feed";
import type { BookLevel } from "../../live/book";
import { rulesOf } from "../../live/markets";
import { amount } from "../../money/format";

const LEVELS = 200;
const REDRAW_MS = 250;

/** Pixels are numbers; what is read beside the curve is not made of them. */
function curve(levels: readonly BookLevel[]): [number, number][] {
  let sum = 0;
  return levels.slice(0, LEVELS).map((level) => [Number(level.price) / 1e8, (sum += Number(level.size) / 1e8)]);
}

function draw(canvas: HTMLCanvasElement, bids: [number, number][], asks: [number, number][]): void {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  const prices = [...bids, ...asks].map(([price]) => price);
  if (!prices.length) return;
  const low = Math.min(...prices);
  const span = Math.max(...prices) - low || 1;
  const most = Math.max(bids[bids.length - 1]?.[1] ?? 0, asks[asks.length - 1]?.[1] ?? 0) || 1;
  const x = (price: number) => ((price - low) / span) * width;
  const y = (sum: number) => height - (sum / most) * (height - 24);
  const styles = getComputedStyle(canvas);
  for (const [points, name] of [[bids, "--up"], [asks, "--down"]] as const) {
    if (!points.length) continue;
    const colour = styles.getPropertyValue(name).trim();
    pen.beginPath();
    pen.moveTo(x(points[0]![0]), height);
    let before = height;
    for (const [price, sum] of points) {
      pen.lineTo(x(price), before);
      pen.lineTo(x(price), (before = y(sum)));
    }
    pen.lineTo(x(points[points.length - 1]![0]), height);
    pen.globalAlpha = 0.18;
    pen.fillStyle = colour;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
}

export function Depth({ market }: { market: Market }) {
  const t = texts.value.trade;
  const rules = rulesOf(market);
  const canvas = useRef<HTMLCanvasElement>(null);
  const legend = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const [feed, leave] = follow(market.symbol);
    let timer = 0;
    const stop = effect(() => {
      feed.painted.value;
      feed.fresh.value;
      theme.value;
      if (timer) return;
      timer = window.setTimeout(() => {
        timer = 0;
        if (!canvas.current) return;
        draw(canvas.current, curve(feed.book.bids), curve(feed.book.asks));
        canvas.current.classList.toggle("stale", !feed.fresh.peek());
        legend.current!.textContent = feed.fresh.peek() ? t.bestText(amount(feed.book.bids[0]?.price, rules.priceDigits), amount(feed.book.asks[0]?.price, rules.priceDigits)) : texts.peek().live.stale;
      }, REDRAW_MS);
    });
    return () => {
      stop();
      leave();
      clearTimeout(timer);
    };
  }, [market.symbol, t]);
  return (
    <div class="depth">
      <canvas ref={canvas} role="img" aria-label={t.depth} />
      <p ref={legend} class="muted" />
    </div>
  );
}
