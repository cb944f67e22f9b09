// What other panels put into the order form: a price that was clicked in the book, a side by key.
import { signal } from "@preact/signals";

export interface Preset {
  side: "BUY" | "SELL" | null;
  /** A decimal string of the wire. */
  price: string | null;
  turn: number;
}

export const preset = signal<Preset>({ side: null, price: null, turn: 0 });

export function clickPrice(price: string): void {
  preset.value = { side: null, price, turn: preset.value.turn + 1 };
}
