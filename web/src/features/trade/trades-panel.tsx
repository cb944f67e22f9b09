import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import { failureOf, type Failure } from "../../api/failure";
import type { Listed, Market, PublicTrade } from "../../api/types";
import { texts } from "../../i18n/texts";
import { open } from "../../live/feeds";
import { rulesOf } from "../../live/markets";
import { amount } from "../../money/format";
import { FailureText } from "../../ui/parts";
import { clock, utc } from "../../ui/time";
import { clickPrice } from "./draft";

const SHOWN = 60;
const KEPT = 200;

export function TradesPanel({ market }: { market: Market }) {
  const t = texts.value.trade;
  const rules = rulesOf(market);
  const [rows, setRows] = useState<PublicTrade[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    let waiting: PublicTrade[] = [];
    let frame = 0;
    const merge = (more: PublicTrade[]) => setRows((before) => {
      const known = new Set((before ?? []).map((trade) => trade.id));
      const merged = [...more.filter((trade) => !known.has(trade.id)), ...(before ?? [])];
      return merged.sort((a, b) => (a.executed_at < b.executed_at ? 1 : a.executed_at > b.executed_at ? -1 : 0)).slice(0, KEPT);
    });
    const load = () => get<Listed<PublicTrade>>("/api/v1/trades", { symbol: market.symbol, limit: 50 }).then((answer) => merge(answer.data)).catch((error: unknown) => setFailure(failureOf(error)));
    const stop = open.subscribe("trades", market.symbol, (message) => {
      if (message.type !== "trades") return;
      waiting.push(...(message.data as PublicTrade[]));
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        merge(waiting.reverse());
        waiting = [];
      });
    });
    open.opened.add(load);
    void load();
    return () => {
      stop();
      open.opened.delete(load);
      cancelAnimationFrame(frame);
    };
  }, [market.symbol]);
  return (
    <div class="trades-list">
      {failure && !rows && <FailureText failure={failure} />}
      <table class="levels trades-table" aria-live="off" aria-label={t.trades}>
        <thead><tr><th scope="col">{t.price} ({market.quote_asset})</th><th scope="col">{t.quantity} ({market.base_asset})</th><th scope="col">{t.time}</th></tr></thead>
        <tbody>
          {(rows ?? []).slice(0, SHOWN).map((trade) => (
            <tr key={trade.id} class={trade.is_buyer_maker ? "level down" : "level up"} onClick={() => clickPrice(trade.price)}>
              <td class="price"><span class="hidden-visually">{trade.is_buyer_maker ? "−" : "+"}</span>{amount(trade.price, rules.priceDigits)}</td>
              <td class="size">{amount(trade.quantity, rules.sizeDigits)}</td>
              <td class="sum"><time dateTime={trade.executed_at} title={utc(trade.executed_at)}>{clock(trade.executed_at)}</time></td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows?.length === 0 && <p class="empty small">{texts.value.markets.noTrades}</p>}
    </div>
  );
}
