// Sending an order once: an id made when the form is armed, asked for by that id while the outcome is unknown, then sent again under it.
import { ask } from "../../api/client";
import { Failure, failureOf } from "../../api/failure";
import type { Order, PlaceOrder, Placed } from "../../api/types";
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

export async function place(order: PlaceOrder, unsure: () => void): Promise<Order> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await ask<Placed>("POST", "/api/v1/orders", { body: order });
      take(answer.order);
      return answer.order;
    } catch (error) {
      const failure = failureOf(error);
      if (!failure.unknown || attempt === TRIES) throw failure;
      unsure();
      await pause(PAUSE_MS * attempt);
      const found = await known(order.client_order_id!).catch(() => null);
      if (found) {
        take(found);
        return found;
      }
    }
  }
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
