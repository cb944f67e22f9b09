// An order book that follows its stream. A message out of sequence, or a checksum that does not fit, is never shown.
import { units, type Units } from "../money/units";
import type { Message } from "./socket";
import { crc32 } from "./crc32";

export interface BookLevel {
  price: Units;
  size: Units;
  text: string;
}

interface Change {
  side: "BUY" | "SELL";
  price: string;
  quantity: string;
}

export type Outcome = "applied" | "ignored" | "gap";
const CHECKED_LEVELS = 10;

export class Book {
  /** Best first. */
  bids: BookLevel[] = [];
  asks: BookLevel[] = [];
  epoch = "";
  sequence = 0;
  /** False until a snapshot has come, and again after a gap. */
  whole = false;
  at = 0;
  private expected: number | undefined;

  apply(message: Message): Outcome {
    if (message.type === "snapshot") return this.replace(message);
    if (message.type !== "orderbook_update") return "ignored";
    if (!this.whole) return "ignored";
    if (message.epoch !== this.epoch) return this.broken();
    const sequence = message.sequence ?? 0;
    if (sequence <= this.sequence) return "ignored";
    if (sequence !== this.sequence + 1) return this.broken();
    const { changes } = message.data as { changes: Change[] };
    for (const change of changes) this.change(change);
    this.sequence = sequence;
    this.expected = message.checksum;
    this.at = message.timestamp;
    return "applied";
  }

  /** Whether the best levels are what the server has; asked for once before they are painted. */
  isTrue(): boolean {
    if (this.expected === undefined) return true;
    const texts = [...this.bids.slice(0, CHECKED_LEVELS), ...this.asks.slice(0, CHECKED_LEVELS)].map((level) => level.text);
    const fits = crc32(texts.join("|")) === this.expected;
    this.expected = undefined;
    if (!fits) this.whole = false;
    return fits;
  }

  /** After a resync was asked for: the updates that were missed come first, and the book may go on with them. */
  listen(): void {
    this.whole = this.epoch !== "";
  }

  private broken(): Outcome {
    this.whole = false;
    return "gap";
  }

  private replace(message: Message): Outcome {
    const { bids, asks } = message.data as Record<"bids" | "asks", [string, string][]>;
    const level = ([price, quantity]: [string, string]): BookLevel => ({ price: units(price), size: units(quantity), text: `${price}:${quantity}` });
    this.bids = bids.map(level);
    this.asks = asks.map(level);
    this.epoch = message.epoch ?? "";
    this.sequence = message.sequence ?? 0;
    this.expected = message.checksum;
    this.at = message.timestamp;
    this.whole = true;
    return "applied";
  }

  private change({ side, price: priceText, quantity }: Change): void {
    const levels = side === "BUY" ? this.bids : this.asks;
    const price = units(priceText);
    const size = units(quantity);
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = levels[middle]!.price;
      if (side === "BUY" ? there > price : there < price) low = middle + 1;
      else high = middle;
    }
    const found = levels[low]?.price === price;
    const level = { price, size, text: `${priceText}:${quantity}` };
    if (size === 0n) {
      if (found) levels.splice(low, 1);
    } else if (found) levels[low] = level;
    else levels.splice(low, 0, level);
  }
}
