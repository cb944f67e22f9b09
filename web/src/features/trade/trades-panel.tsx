import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Market, PublicTrade } from "../../api/types";
import { texts } from "../../i18n/texts";
import { rulesOf } from "../../live/markets";
import { followTrades } from "../../live/trades";
import { amount } from "../../money/format";
import { clock, utc } from "../../ui/time";
import { clickPrice } from "./draft";

const SHOWN = 60;

export function TradesPanel({ market }: { market: Market }) {
  const t = texts.value.trade;
  const rules = rulesOf(market);
  const [feed, setFeed] = useState<ReadonlySignal<PublicTrade[] | null> | null>(null);
  useEffect(() => {
    const [found, leave] = followTrades(market.symbol);
    setFeed(found);
    return leave;
  }, [market.symbol]);
  const rows = feed?.value ?? null;
  return (
    <div class="trades-list">
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
