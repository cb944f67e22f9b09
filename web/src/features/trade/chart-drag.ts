// Own orders as lines that the mouse can take: where a line is let go, the order's new price is asked about.
import type { IChartApi, IPriceLine, ISeriesApi } from "lightweight-charts";
import type { Order } from "../../api/types";

export interface OrderLine {
  order: Order;
  line: IPriceLine;
  /** What the line says when nothing is dragged. */
  price: number;
}

const NEAR_PX = 5;

/** The returned function ends it. `dropped` hears the price where an order was let go. */
export function dragLines(box: HTMLElement, chart: IChartApi, series: ISeriesApi<"Candlestick">, lines: () => OrderLine[], dropped: (order: Order, price: number) => void): () => void {
  let held: OrderLine | null = null;
  const y = (event: MouseEvent) => event.clientY - box.getBoundingClientRect().top;
  const near = (event: MouseEvent) => lines().find(({ price }) => Math.abs((series.priceToCoordinate(price) ?? -1_000) - y(event)) <= NEAR_PX);
  const still = (off: boolean) => chart.applyOptions({ handleScroll: !off, handleScale: !off });
  const drop = (event: MouseEvent | null) => {
    if (!held) return;
    const { order, line, price } = held;
    held = null;
    still(false);
    const wanted = event && series.coordinateToPrice(y(event));
    line.applyOptions({ price });
    if (wanted && event && Math.abs((series.priceToCoordinate(price) ?? 0) - y(event)) > NEAR_PX) dropped(order, wanted);
  };
  const down = (event: PointerEvent) => {
    if (event.pointerType !== "mouse" || event.button) return;
    held = near(event) ?? null;
    if (held) still(true);
  };
  const move = (event: PointerEvent) => {
    if (held) {
      const price = series.coordinateToPrice(y(event));
      if (price) held.line.applyOptions({ price });
    } else box.style.cursor = near(event) ? "ns-resize" : "";
  };
  const up = (event: PointerEvent) => drop(event);
  const escape = (event: KeyboardEvent) => { if (event.key === "Escape") drop(null); };
  box.addEventListener("pointerdown", down, true);
  box.addEventListener("pointermove", move);
  window.addEventListener("pointerup", up);
  window.addEventListener("keydown", escape);
  return () => {
    box.removeEventListener("pointerdown", down, true);
    box.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", up);
    window.removeEventListener("keydown", escape);
  };
}

/** Places that are pressed and let go without moving; the chart's own clicks leave out the second of two that are close in time. */
export function onPlaces(box: HTMLElement, hear: (x: number, y: number) => void): () => void {
  let from: [number, number] | null = null;
  const down = (event: PointerEvent) => { from = event.isPrimary && !event.button ? [event.clientX, event.clientY] : null; };
  const up = (event: PointerEvent) => {
    const near = from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) <= NEAR_PX;
    from = null;
    const frame = box.getBoundingClientRect();
    if (near) hear(event.clientX - frame.left, event.clientY - frame.top);
  };
  box.addEventListener("pointerdown", down, true);
  box.addEventListener("pointerup", up, true);
  return () => {
    box.removeEventListener("pointerdown", down, true);
    box.removeEventListener("pointerup", up, true);
  };
}
