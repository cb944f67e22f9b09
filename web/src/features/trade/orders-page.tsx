import { useEffect, useState } from "preact/hooks";
import { texts } from "../../i18n/texts";
import { markets } from "../../live/markets";
import { openOrders } from "../../live/own";
import { Select, Tabs } from "../../ui/parts";
import { Fills, History } from "./my-tabs";
import { OrderTable } from "./order-rows";

type Tab = "open" | "history" | "fills";

export function OrdersPage() {
  const t = texts.value;
  const [tab, setTab] = useState<Tab>("open");
  const [symbol, setSymbol] = useState("");
  useEffect(() => void (document.title = `${t.orders.title} · ${t.brand}`), [t]);
  const mine = openOrders.value.filter((order) => !symbol || order.symbol === symbol);
  return (
    <div class="page">
      <h1>{t.orders.title}</h1>
      <section class="card flush">
        <header class="card-head">
          <Tabs label={t.orders.title} tabs={[["open", `${t.trade.open} (${mine.length})`], ["history", t.trade.history], ["fills", t.trade.fills]] as const} value={tab} onValue={setTab} />
          <Select hideLabel label={t.markets.symbol} value={symbol} options={[["", t.common.all], ...markets.value.map((market) => [market.symbol, market.symbol] as const)]} onValue={setSymbol} />
        </header>
        {tab === "open" && (mine.length ? <OrderTable orders={mine} actions /> : <p class="empty">{t.trade.noOpen}</p>)}
        {tab === "history" && <History symbol={symbol} />}
        {tab === "fills" && <Fills symbol={symbol} />}
      </section>
    </div>
  );
}
