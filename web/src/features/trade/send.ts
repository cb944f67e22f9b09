// Sending an order once: an id made when the form is armed, asked for by that id while the outcome is unknown, then sent again under it.
import { ask } from "../../api/client";
import { Failure, failureOf } from "../../api/failure";
import type { Order, PlaceOco, PlaceOrder, Placed, PlacedOco } from "../../api/types";
import { isPaper } from "../../live/mode";
import { take } from "../../live/own";

const TRIES = 4;
const PAUSE_MS = 1_000;

export function freshId(): string {
  return `web-${crypto.randomUUID()}`;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function known(id: string): Promise<Order | null> {
  try {
    return await ask<Order>("GET", `/api/v1/orders/by-client-id/${id}`, { query: isPaper.value ? { mode: "paper" } : {} });
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return null;
    throw error;
  }
}

/** Sent until the outcome is known: `found` asks whether an earlier try has arrived. */
async function until<T>(send: () => Promise<T>, found: () => Promise<T | null>, unsure: () => void): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const failure = failureOf(error);
      if (!failure.unknown || attempt === TRIES) throw failure;
      unsure();
      await pause(PAUSE_MS * attempt);
      const arrived = await found().catch(() => null);
      if (arrived) return arrived;
    }
  }
}

export async function place(order: PlaceOrder, unsure: () => void): Promise<Order> {
  const send = async () => (await ask<Placed>("POST", "/api/v1/orders", { body: order })).order;
  const placed = await until(send, () => known(order.client_order_id!), unsure);
  take(placed);
  return placed;
}

/** The pair under its own id: the same again is answered with the first, so sending it again is the question whether it has arrived. */
export async function placeOco(pair: PlaceOco, unsure: () => void): Promise<Order[]> {
  const send = async () => (await ask<PlacedOco>("POST", "/api/v1/orders/oco", { body: pair })).orders;
  const placed = await until(send, async () => null, unsure);
  for (const order of placed) take(order);
  return placed;
}

export async function cancel(order: Order): Promise<void> {
  take(await ask<Order>("DELETE", `/api/v1/orders/${order.id}`));
}

export async function cancelAll(symbol: string): Promise<number> {
  const answer = await ask<{ cancelled: number; orders: Order[] }>("DELETE", "/api/v1/orders", { query: { symbol, ...(isPaper.value && { mode: "paper" }) } });
  for (const order of answer.orders) take(order);
  return answer.cancelled;
}

export async function amend(order: Order, change: { price?: string; remaining_quantity?: string }): Promise<void> {
  take(await ask<Order>("PATCH", `/api/v1/orders/${order.id}`, { body: change }));
}
