// Drawings on the canvas of a chart, as a primitive of its candles.
import type { ISeriesPrimitive, Logical, SeriesAttachedParameter, Time } from "lightweight-charts";
import { amount } from "../../money/format";
import type { Mark, Point } from "./chart-marks";

const RATIOS = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1];

export class Marks implements ISeriesPrimitive<Time> {
  private host: SeriesAttachedParameter<Time> | null = null;
  private marks: readonly Mark[] = [];
  private times: readonly number[] = [];
  private readonly views = [{ renderer: () => ({ draw: (target: Target) => target.useMediaCoordinateSpace(({ context, mediaSize }) => this.draw(context, mediaSize.width)) }) }];

  constructor(
    private readonly colour: string,
    private readonly digits: number,
  ) {}

  attached(host: SeriesAttachedParameter<Time>): void {
    this.host = host;
  }

  detached(): void {
    this.host = null;
  }

  paneViews() {
    return this.views;
  }

  /** `times`: of the bars, seconds, ascending. */
  show(marks: readonly Mark[], times: readonly number[]): void {
    this.marks = marks;
    this.times = times;
    this.host?.requestUpdate();
  }

  /** Bars of another interval begin at other times: a point lies between the two that are next to it. */
  private x(time: number): number | null {
    const { times } = this;
    if (!times.length || !this.host) return null;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! <= time) low = middle + 1;
      else high = middle;
    }
    const at = Math.max(low - 1, 0);
    const length = times.length > 1 ? (times[at + 1] ?? times[at]! + (times[at]! - times[at - 1]!)) - times[at]! : 60;
    return this.host.chart.timeScale().logicalToCoordinate((at + (time - times[at]!) / length) as Logical);
  }

  private place(point: Point): [number, number] | null {
    const [x, y] = [this.x(point.time), this.host?.series.priceToCoordinate(point.price) ?? null];
    return x === null || y === null ? null : [x, y];
  }

  private draw(pen: CanvasRenderingContext2D, width: number): void {
    pen.strokeStyle = pen.fillStyle = this.colour;
    pen.lineWidth = 1.5;
    pen.font = "11px system-ui";
    for (const { kind, points } of this.marks) {
      const [from, to] = [this.place(points[0]!), points[1] ? this.place(points[1]) : null];
      if (!from) continue;
      const line = (x1: number, y1: number, x2: number, y2: number) => { pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke(); };
      if (kind === "level") line(0, from[1], width, from[1]);
      else if (!to) continue;
      else if (kind === "trend") line(...from, ...to);
      else if (kind === "box") {
        pen.globalAlpha = 0.15;
        pen.fillRect(...from, to[0] - from[0], to[1] - from[1]);
        pen.globalAlpha = 1;
        pen.strokeRect(...from, to[0] - from[0], to[1] - from[1]);
      } else {
        const [first, second] = points as [Point, Point];
        for (const ratio of RATIOS) {
          const price = first.price + (second.price - first.price) * ratio;
          const y = from[1] + (to[1] - from[1]) * ratio;
          line(Math.min(from[0], to[0]), y, width, y);
          pen.fillText(`${ratio} · ${amount(price.toFixed(this.digits), this.digits)}`, Math.min(from[0], to[0]) + 4, y - 3);
        }
      }
    }
  }
}

interface Target {
  useMediaCoordinateSpace(draw: (scope: { context: CanvasRenderingContext2D; mediaSize: { width: number } }) => void): void;
}
