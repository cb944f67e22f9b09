import { expect, test } from "vitest";
import { Book } from "../src/live/book";
import { crc32 } from "../src/live/crc32";
import type { Message } from "../src/live/socket";

type Side = "BUY" | "SELL";

/** A server's book with the messages that it would send. */
class Server {
  sequence = 7;
  epoch = "a";
  readonly levels: Record<Side, Map<number, number>> = { BUY: new Map(), SELL: new Map() };

  side(side: Side): [string, string][] {
    const order = side === "BUY" ? -1 : 1;
    return [...this.levels[side]].sort(([a], [b]) => (a - b) * order).map(([price, size]) => [String(price), String(size)]);
  }

  checksum(): number {
    return crc32([...this.side("BUY").slice(0, 10), ...this.side("SELL").slice(0, 10)].map(([price, size]) => `${price}:${size}`).join("|"));
  }

  snapshot(): Message {
    return { type: "snapshot", stream: "orderbook", timestamp: 0, sequence: this.sequence, epoch: this.epoch, checksum: this.checksum(), data: { bids: this.side("BUY"), asks: this.side("SELL") } };
  }

  change(): Message {
    const changes = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, () => {
      const side: Side = Math.random() < 0.5 ? "BUY" : "SELL";
      const price = (side === "BUY" ? 100 : 200) + Math.floor(Math.random() * 40);
      const size = Math.random() < 0.3 ? 0 : 1 + Math.floor(Math.random() * 9);
      if (size) this.levels[side].set(price, size);
      else this.levels[side].delete(price);
      return { side, price: String(price), quantity: String(size), action: "update" };
    });
    this.sequence += 1;
    return { type: "orderbook_update", stream: "orderbook", timestamp: 0, sequence: this.sequence, epoch: this.epoch, checksum: this.checksum(), data: { changes } };
  }
}

const shown = (book: Book) => [book.bids.map((level) => level.text), book.asks.map((level) => level.text)];
const held = (server: Server) => [server.side("BUY"), server.side("SELL")].map((side) => side.map((level) => level.join(":")));

test("crc32 is the usual one", () => expect(crc32("123456789")).toBe(0xcbf43926));

test("a book is the server's after every message, or says that it is not whole", () => {
  const server = new Server();
  const book = new Book();
  book.apply(server.snapshot());
  for (let turn = 0; turn < 3_000; turn += 1) {
    const message = server.change();
    const chance = Math.random();
    if (chance < 0.02) {
      const outcome = book.apply(server.change()); // the one before was lost
      expect(outcome).toBe("gap");
      expect(book.whole).toBe(false);
      book.apply(server.snapshot());
    } else if (chance < 0.03) {
      server.epoch += "b";
      book.apply(message);
      expect(book.apply(server.change())).toBe("gap");
      book.apply(server.snapshot());
    } else {
      expect(book.apply(message)).toBe("applied");
      if (chance < 0.1) expect(book.apply(message)).toBe("ignored");
    }
    expect(book.isTrue()).toBe(true);
    expect(shown(book)).toEqual(held(server));
  }
});

test("levels that are not the server's are noticed by their checksum", () => {
  const server = new Server();
  for (let turn = 0; turn < 50; turn += 1) server.change();
  const book = new Book();
  book.apply({ ...server.snapshot(), checksum: 1 });
  expect(book.isTrue()).toBe(false);
  expect(book.whole).toBe(false);
});
