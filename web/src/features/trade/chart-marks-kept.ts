// Drawings are kept on this device, for each symbol.
import { signal, type Signal } from "@preact/signals";
import { recall, remember } from "../../app/prefs";
import { MOST, readMarks, type Mark } from "./chart-marks";

const kept = new Map<string, Signal<Mark[]>>();

export function marksOf(symbol: string): Signal<Mark[]> {
  let found = kept.get(symbol);
  if (!found) kept.set(symbol, (found = signal(readMarks(recall(`marks.${symbol}`)))));
  return found;
}

export function setMarks(symbol: string, marks: Mark[]): void {
  marksOf(symbol).value = marks.slice(-MOST);
  remember(`marks.${symbol}`, JSON.stringify(marksOf(symbol).value));
}
