// Tables of orders and fills, as on the trading screen and on the page of all orders.
import { useState } from "preact/hooks";
import type { Fill, Order } from "../../api/types";
import { lang, texts } from "../../i18n/texts";
import { isPaper } from "../../live/mode";
import { amount } from "../../money/format";
import { fieldText, readAmount } from "../../money/typed";
import { wire } from "../../money/units";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { FailureText, Field, Moment } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { failureOf } from "../../api/failure";
import { amend, cancel } from "./send";

export function SideTag({ side }: { side: string }) {
  const t = texts.value.trade;
  return <span class={side === "BUY" ? "side up" : "side down"}>{side === "BUY" ? `▲ ${t.buy}` : `▼ ${t.sell}`}</span>;
}

function Filled({ order }: { order: Order }) {
  return <>{amount(order.filled_quantity)} <span class="muted">/ {amount(order.quantity ?? order.quote_quantity)}</span></>;
}

/** What the engine can amend: a live order that waits in the book, and none of a pair. */
export function amendable(order: Order): boolean {
  return !isPaper.value && !!order.price && !order.oco && order.status !== "PENDING_TRIGGER";
}

export function OrderTable({ orders, actions }: { orders: Order[]; actions?: boolean }) {
  const t = texts.value;
  const [amending, setAmending] = useState<Order | null>(null);
  const [leaving, setLeaving] = useState<Set<string>>(new Set());
  async function drop(order: Order) {
    setLeaving((before) => new Set(before).add(order.id));
    try {
      await cancel(order);
      toast(t.trade.cancelled, "good");
    } catch (error) {
      toast(failureOf(error).text(), "bad");
    } finally {
      setLeaving((before) => new Set([...before].filter((id) => id !== order.id)));
    }
  }
  return (
    <div class="scroll-x" tabIndex={0}>
      <table class="table">
        <thead>
          <tr><th>{t.common.date}</th><th>{t.markets.symbol}</th><th>{t.trade.side}</th><th>{t.common.type}</th><th class="num">{t.trade.price}</th><th class="num">{t.trade.trigger}</th><th class="num">{t.trade.filledPart}</th><th class="num">{t.trade.average}</th><th>{t.common.status}</th>{actions && <th><span class="hidden-visually">{t.common.details}</span></th>}</tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={order.id} data-order={order.id}>
              <td><Moment at={order.created_at} /></td>
              <td>{order.symbol}</td>
              <td><SideTag side={order.side} /></td>
              <td>{t.trade.types[order.type]}{order.oco && <> <span class="badge" title={t.trade.typeHelp.OCO}>OCO</span></>}</td>
              <td class="num">{order.price ? amount(order.price, undefined, 2) : "—"}</td>
              <td class="num">{order.trail_bps ? `${amount(wire(BigInt(order.trail_bps) * 1_000_000n))}%` : order.stop_price ? amount(order.stop_price, undefined, 2) : "—"}</td>
              <td class="num"><Filled order={order} /></td>
              <td class="num">{order.average_price ? amount(order.average_price, undefined, 2) : "—"}</td>
              <td><span class={`badge ${order.status === "FILLED" ? "good" : order.status === "REJECTED" ? "bad" : ""}`} title={order.reason ?? ""}>{t.trade.statuses[order.status]}</span></td>
              {actions && (
                <td class="end">
                  {amendable(order) && <button type="button" class="button small" onClick={() => setAmending(order)}>{t.trade.amend}</button>}{" "}
                  <button type="button" class="button small" disabled={leaving.has(order.id)} aria-label={`${t.trade.cancelOrder}: ${order.symbol} ${amount(order.price)}`} onClick={() => void drop(order)}>{t.trade.cancelOrder}</button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {amending && <Amend order={amending} onClose={() => setAmending(null)} />}
    </div>
  );
}

/** `wanted`: a price to begin with instead of the order's own, a decimal string. */
export function Amend({ order, wanted, onClose }: { order: Order; wanted?: string; onClose(): void }) {
  const t = texts.value;
  const [price, setPrice] = useState(fieldText(wanted ?? order.price ?? "", lang.value));
  const [rest, setRest] = useState(fieldText(order.remaining_quantity, lang.value));
  const sending = useSending();
  const newPrice = readAmount(price).units;
  const newRest = readAmount(rest).units;
  async function send(event: Event) {
    event.preventDefault();
    if (newPrice === null || newRest === null) return;
    const change = { ...(wire(newPrice) !== order.price && { price: wire(newPrice) }), ...(wire(newRest) !== order.remaining_quantity && { remaining_quantity: wire(newRest) }) };
    if (!Object.keys(change).length || (await sending.run(() => amend(order, change)))) onClose();
  }
  return (
    <Dialog title={t.trade.amendTitle} onClose={onClose}>
      <form class="form" onSubmit={send}>
        <p>{order.symbol} · <SideTag side={order.side} /></p>
        <Field label={t.trade.limitPrice} error={newPrice === null ? t.trade.errPrice : sending.at("price")} input={{ value: price, inputMode: "decimal", onInput: (event) => setPrice(event.currentTarget.value) }} />
        <Field label={t.trade.remaining} error={newRest === null ? t.trade.errQuantity : sending.at("remaining_quantity")} input={{ value: rest, inputMode: "decimal", onInput: (event) => setRest(event.currentTarget.value) }} />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.confirm}</button>
      </form>
    </Dialog>
  );
}

export function FillTable({ fills }: { fills: Fill[] }) {
  const t = texts.value;
  return (
    <div class="scroll-x" tabIndex={0}>
      <table class="table">
        <thead><tr><th>{t.common.date}</th><th>{t.markets.symbol}</th><th>{t.trade.side}</th><th class="num">{t.trade.price}</th><th class="num">{t.trade.quantity}</th><th class="num">{t.trade.value}</th><th class="num">{t.trade.fee}</th><th>{t.trade.role}</th></tr></thead>
        <tbody>
          {fills.map((fill) => (
            <tr key={fill.id + fill.order_id}>
              <td><Moment at={fill.executed_at} /></td><td>{fill.symbol}</td><td><SideTag side={fill.side} /></td>
              <td class="num">{amount(fill.price, undefined, 2)}</td><td class="num">{amount(fill.quantity)}</td><td class="num">{amount(fill.value, undefined, 2)}</td><td class="num">{amount(fill.fee, undefined, 2)} {fill.fee_asset}</td>
              <td>{fill.is_maker ? t.trade.maker : t.trade.taker}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
