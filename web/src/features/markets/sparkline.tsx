import { useEffect, useRef } from "preact/hooks";
import { get } from "../../api/client";
import type { Candle, Listed } from "../../api/types";
import { theme } from "../../app/prefs";

const WIDTH = 110;
const HEIGHT = 30;
const POINTS = 24;
const FRESH_MS = 60_000;
const kept = new Map<string, { at: number; closes: Promise<number[]> }>();

/** Closing prices for a drawing, not for money. */
function closesOf(symbol: string): Promise<number[]> {
  const found = kept.get(symbol);
  if (found && Date.now() - found.at < FRESH_MS) return found.closes;
  const closes = get<Listed<Candle>>(`/api/v1/markets/${symbol.replace("/", "")}/candles`, { interval: "15m", limit: POINTS * 4 }).then((answer) => answer.data.slice(-POINTS * 2).map((candle) => Number(candle.close)));
  kept.set(symbol, { at: Date.now(), closes });
  closes.catch(() => kept.delete(symbol));
  return closes;
}

function draw(canvas: HTMLCanvasElement, closes: number[], way: string): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  const pen = canvas.getContext("2d")!;
  pen.scale(ratio, ratio);
  if (closes.length < 2) return;
  const low = Math.min(...closes);
  const span = Math.max(...closes) - low || 1;
  const styles = getComputedStyle(canvas);
  pen.strokeStyle = styles.getPropertyValue(way === "down" ? "--down" : way === "up" ? "--up" : "--muted");
  pen.lineWidth = 1.5;
  pen.beginPath();
  closes.forEach((close, at) => pen.lineTo((at / (closes.length - 1)) * (WIDTH - 4) + 2, HEIGHT - 4 - ((close - low) / span) * (HEIGHT - 8)));
  pen.stroke();
}

export function Sparkline({ symbol, way }: { symbol: string; way: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const now = theme.value;
  useEffect(() => {
    let gone = false;
    void closesOf(symbol).then((closes) => !gone && canvas.current && draw(canvas.current, closes, way)).catch(() => undefined);
    return () => void (gone = true);
  }, [symbol, way, now]);
  return <canvas ref={canvas} class="sparkline" aria-hidden="true" />;
}
