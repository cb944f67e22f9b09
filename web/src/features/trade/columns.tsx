// Widths of the trade screen's columns: dragged or set by the keyboard, kept on this device, within limits; a double click or Enter takes them back.
import { effect, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { recall, remember } from "../../app/prefs";
import { texts } from "../../i18n/texts";

export type Column = "book" | "trades" | "form";

/** Least and most, in pixels. What a narrow screen allows besides is said in the style sheet, and so is the width of who has chosen none. */
const LIMITS: Record<Column, readonly [number, number]> = { book: [240, 480], trades: [220, 420], form: [280, 460] };
const STEP = 16;
const COLUMNS = Object.keys(LIMITS) as Column[];

function kept(): Partial<Record<Column, number>> {
  const found: Partial<Record<Column, number>> = {};
  for (const part of (recall("columns") ?? "").split(",")) {
    const [name, width] = part.split(":");
    const column = COLUMNS.find((each) => each === name);
    if (column && /^\d{1,4}$/.test(width ?? "")) found[column] = within(column, Number(width));
  }
  return found;
}

function within(column: Column, width: number): number {
  const [least, most] = LIMITS[column];
  return Math.round(Math.min(most, Math.max(least, width)));
}

export const widths = signal(kept());

effect(() => {
  for (const column of COLUMNS) {
    const width = widths.value[column];
    if (width) document.documentElement.style.setProperty(`--column-${column}`, `${width}px`);
    else document.documentElement.style.removeProperty(`--column-${column}`);
  }
  remember("columns", Object.entries(widths.value).map(([column, width]) => `${column}:${width}`).join());
});

export function resetColumns(): void {
  widths.value = {};
}

function choose(column: Column, width: number | null): void {
  const { [column]: _, ...others } = widths.value;
  widths.value = width === null ? others : { ...others, [column]: within(column, width) };
}

/** The left edge of a column. */
export function Divider({ column, name }: { column: Column; name: string }) {
  const t = texts.value.trade;
  const handle = useRef<HTMLDivElement>(null);
  const drag = useRef<{ from: number; width: number } | null>(null);
  const [least, most] = LIMITS[column];
  const present = (): number => document.querySelector(`.area-${column}`)?.getBoundingClientRect().width ?? least;
  function press(event: KeyboardEvent) {
    const now = widths.value[column] ?? present();
    const next = { ArrowLeft: now + STEP, ArrowRight: now - STEP, Home: least, End: most }[event.key];
    if (next === undefined && event.key !== "Enter") return;
    event.preventDefault();
    choose(column, next ?? null);
  }
  return (
    <div
      ref={handle}
      class={`divider at-${column}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={t.columnWidth(name)}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={widths.value[column] ?? within(column, present())}
      title={t.columnHow}
      tabIndex={0}
      onKeyDown={press}
      onDblClick={() => choose(column, null)}
      onPointerDown={(event) => {
        if (event.button) return;
        handle.current?.setPointerCapture(event.pointerId);
        drag.current = { from: event.clientX, width: present() };
      }}
      onPointerMove={(event) => drag.current && event.clientX !== drag.current.from && choose(column, drag.current.width + drag.current.from - event.clientX)}
      onPointerUp={() => (drag.current = null)}
      onPointerCancel={() => (drag.current = null)}
    />
  );
}
