// The book of the symbol that is shown: one for all panels, followed while a panel shows it.
import { signal, type Signal } from "@preact/signals";
import { Book } from "./book";
import { open } from "./feeds";
import type { Message } from "./socket";

export interface Feed {
  book: Book;
  /** Grows when the book has changed; at most once a frame, and not more than twenty times a second. */
  painted: Signal<number>;
  /** Whether what the book holds may be shown as live. */
  fresh: Signal<boolean>;
}

const PAINT_MS = 50;
const feeds = new Map<string, Feed & { users: number; leave(): void }>();

function begin(symbol: string): Feed & { users: number; leave(): void } {
  const feed = { book: new Book(), painted: signal(0), fresh: signal(false), users: 0, leave: () => undefined as void };
  let asked = 0;
  let due = 0;
  let last = 0;
  const paint = () => {
    due = 0;
    if (!feed.book.isTrue()) {
      feed.fresh.value = false;
      open.again("orderbook", symbol);
    } else feed.fresh.value = feed.book.whole;
    last = performance.now();
    feed.painted.value += 1;
  };
  const soon = () => {
    if (due) return;
    due = window.setTimeout(() => requestAnimationFrame(paint), Math.max(0, PAINT_MS - (performance.now() - last)));
  };
  const hear = (message: Message) => {
    const outcome = feed.book.apply(message);
    if (outcome === "gap") {
      asked += 1;
      feed.fresh.value = false;
      if (asked % 2 === 1) open.send({ action: "resync", stream: "orderbook", symbol, epoch: feed.book.epoch, last_sequence: feed.book.sequence });
      else open.again("orderbook", symbol);
      feed.book.listen();
    } else if (outcome === "applied") {
      if (message.type === "snapshot") asked = 0;
      soon();
    }
  };
  const unsubscribe = open.subscribe("orderbook", symbol, hear, { interval_ms: PAINT_MS }); // it is painted no more often
  const unwatch = open.state.subscribe((state) => {
    if (state !== "live") feed.fresh.value = false;
    if (state === "lost") feed.book.whole = false;
  });
  feed.leave = () => {
    clearTimeout(due);
    unsubscribe();
    unwatch();
  };
  return feed;
}

/** Take part in the feed of a symbol; the second value leaves it. */
export function follow(symbol: string): [Feed, () => void] {
  let feed = feeds.get(symbol);
  if (!feed) feeds.set(symbol, (feed = begin(symbol)));
  const mine = feed;
  mine.users += 1;
  return [mine, () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    mine.leave();
    feeds.delete(symbol);
  }];
}
