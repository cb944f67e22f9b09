import { useEffect, useRef } from "preact/hooks";
import { get } from "../../api/client";
import { theme } from "../../app/prefs";

const WIDTH = 110;
const HEIGHT = 30;
const POINTS = 48;
const FRESH_MS = 60_000;
let kept: { at: number; lines: Promise<Map<string, number[]>> } | null = null;

interface Line {
  symbol: string;
  closes: string[];
}

/** Closing prices of every symbol in one answer; for a drawing, not for money. */
function lines(): Promise<Map<string, number[]>> {
  if (kept && Date.now() - kept.at < FRESH_MS) return kept.lines;
  const found = get<{ data: Line[] }>("/api/v1/markets/sparklines", { points: POINTS }).then((answer) => new Map(answer.data.map((line) => [line.symbol, line.closes.map(Number)])));
  kept = { at: Date.now(), lines: found };
  found.catch(() => (kept = null));
  return found;
}

const closesOf = (symbol: string): Promise<number[]> => lines().then((all) => all.get(symbol) ?? []);

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
