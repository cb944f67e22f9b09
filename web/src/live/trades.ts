// The last trades of a symbol: one list for all panels, followed while a panel shows it.
import { signal, type ReadonlySignal } from "@preact/signals";
import type { PublicTrade } from "../api/types";
import { open } from "./feeds";
import type { Message } from "./socket";

const KEPT = 200;

interface Feed {
  /** Newest first; null before the first message. */
  rows: ReadonlySignal<PublicTrade[] | null>;
  users: number;
  leave(): void;
}

const feeds = new Map<string, Feed>();

function begin(symbol: string): Feed {
  const rows = signal<PublicTrade[] | null>(null);
  let waiting: PublicTrade[] = [];
  let frame = 0;
  const show = () => {
    frame = 0;
    rows.value = [...waiting.reverse(), ...(rows.value ?? [])].slice(0, KEPT);
    waiting = [];
  };
  const hear = (message: Message) => {
    if (message.type === "trades_snapshot") {
      // whatever came before may have a gap behind it
      waiting = [];
      rows.value = [...(message.data as PublicTrade[])].reverse();
    } else if (message.type === "trades") {
      waiting.push(...(message.data as PublicTrade[]));
      frame ||= requestAnimationFrame(show);
    }
  };
  const unsubscribe = open.subscribe("trades", symbol, hear, { snapshot: true });
  return {
    rows,
    users: 0,
    leave: () => {
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}

/** Take part in the list of a symbol; the second value leaves it. */
export function followTrades(symbol: string): [ReadonlySignal<PublicTrade[] | null>, () => void] {
  let feed = feeds.get(symbol);
  if (!feed) feeds.set(symbol, (feed = begin(symbol)));
  const mine = feed;
  mine.users += 1;
  return [mine.rows, () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    mine.leave();
    feeds.delete(symbol);
  }];
}
