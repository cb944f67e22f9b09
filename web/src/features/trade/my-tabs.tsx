import { useState } from "preact/hooks";
import { get, post } from "../../api/client";
import { failureOf } from "../../api/failure";
import { useResource } from "../../api/load";
import type { Fill, Listed, Market, Order, Position } from "../../api/types";
import { texts } from "../../i18n/texts";
import { isPaper, mode, modeQuery } from "../../live/mode";
import { balances, changes, loadOwn, openOrders } from "../../live/own";
import { signedIn } from "../../session/session";
import { amount, money } from "../../money/format";
import { Confirm } from "../../ui/dialog";
import { Check, Shown, Tabs } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { FillTable, OrderTable } from "./order-rows";
import { cancelAll } from "./send";

type Tab = "open" | "history" | "fills" | "positions" | "balances";

export function MyTabs({ market }: { market: Market }) {
  const t = texts.value;
  const [tab, setTab] = useState<Tab>("open");
  const [only, setOnly] = useState(false);
  const [asking, ask] = useState<"cancel" | "reset" | null>(null);
  const mine = openOrders.value.filter((order) => !only || order.symbol === market.symbol);
  const here = openOrders.value.filter((order) => order.symbol === market.symbol).length;
  const tabs = [["open", `${t.trade.open} (${mine.length})`], ["history", t.trade.history], ["fills", t.trade.fills], ["positions", t.trade.positions], ["balances", t.trade.balances]] as const;
  async function sweep() {
    ask(null);
    try {
      await cancelAll(market.symbol);
      toast(t.trade.cancelled, "good");
    } catch (error) {
      toast(failureOf(error).text(), "bad");
    }
  }
  async function reset() {
    ask(null);
    try {
      await post("/api/v1/account/paper/reset");
      await loadOwn();
    } catch (error) {
      toast(failureOf(error).text(), "bad");
    }
  }
  return (
    <div class="mine">
      <div class="mine-head">
        <Tabs small label={t.trade.open} tabs={tabs} value={tab} onValue={setTab} />
        <span class="grow" />
        {tab !== "balances" && <Check label={t.trade.thisSymbol} checked={only} onValue={setOnly} />}
        {tab === "open" && here > 0 && <button id="cancel-all" type="button" class="button small" onClick={() => ask("cancel")}>{t.trade.cancelAll}</button>}
        {isPaper.value && signedIn.value && <button type="button" class="button small" onClick={() => ask("reset")}>{t.trade.paperReset}</button>}
      </div>
      {!signedIn.value ? <p class="empty"><a href={`/giris?next=${encodeURIComponent(location.pathname)}`}>{t.trade.loginToTrade}</a></p> : (
        <>
          {tab === "open" && (mine.length ? <OrderTable orders={mine} actions /> : <p class="empty">{t.trade.noOpen}</p>)}
          {tab === "history" && <History symbol={only ? market.symbol : ""} />}
          {tab === "fills" && <Fills symbol={only ? market.symbol : ""} />}
          {tab === "positions" && <Positions symbol={only ? market.symbol : ""} />}
          {tab === "balances" && <Balances />}
        </>
      )}
      {asking && <Confirm danger title={asking === "cancel" ? t.trade.cancelAll : t.trade.paperReset} action={t.common.confirm} onNo={() => ask(null)} onYes={() => void (asking === "cancel" ? sweep() : reset())}><p>{asking === "cancel" ? t.trade.cancelAllAsk : t.trade.paperResetAsk}</p></Confirm>}
    </div>
  );
}

export function History({ symbol }: { symbol: string }) {
  const t = texts.value.trade;
  const found = useResource(() => get<Listed<Order>>("/api/v1/orders", { symbol, limit: 50, ...modeQuery.value }), [symbol, mode.value, changes.value]);
  return <Shown state={found.state.value} onRetry={found.reload} empty={t.noHistory} isEmpty={(list) => !list.data.length}>{(list) => <OrderTable orders={list.data} />}</Shown>;
}

export function Fills({ symbol }: { symbol: string }) {
  const t = texts.value.trade;
  const found = useResource(() => get<Listed<Fill>>("/api/v1/account/trades", { symbol, limit: 50, ...modeQuery.value }), [symbol, mode.value, changes.value]);
  return <Shown state={found.state.value} onRetry={found.reload} empty={t.noFills} isEmpty={(list) => !list.data.length}>{(list) => <FillTable fills={list.data} />}</Shown>;
}

function Positions({ symbol }: { symbol: string }) {
  const t = texts.value;
  const found = useResource(() => get<Listed<Position>>("/api/v1/positions", { ...modeQuery.value }), [mode.value, changes.value]);
  return (
    <Shown state={found.state.value} onRetry={found.reload} empty={t.trade.noPositions} isEmpty={(list) => !list.data.length}>
      {(list) => (
        <div class="scroll-x" tabIndex={0}>
          <table class="table">
            <thead><tr><th>{t.markets.symbol}</th><th class="num">{t.trade.quantity}</th><th class="num">{t.trade.entry}</th><th class="num">{t.markets.last}</th><th class="num">{t.trade.pnl}</th><th class="num">{t.trade.realized}</th></tr></thead>
            <tbody>
              {list.data.filter((row) => !symbol || row.symbol === symbol).map((row) => (
                <tr key={row.symbol}><td>{row.symbol}</td><td class="num">{amount(row.quantity)}</td><td class="num">{amount(row.average_entry_price, undefined, 2)}</td><td class="num">{amount(row.current_price, undefined, 2)}</td><td class={`num ${row.unrealized_pnl?.startsWith("-") ? "down" : "up"}`}>{amount(row.unrealized_pnl, 2)}</td><td class={`num ${row.realized_pnl.startsWith("-") ? "down" : "up"}`}>{amount(row.realized_pnl, 2)}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Shown>
  );
}

function Balances() {
  const t = texts.value;
  const rows = [...balances.value.values()].filter((row) => Number(row.total) !== 0);
  if (!rows.length) return <p class="empty">{t.trade.noBalances}</p>;
  return (
    <div class="scroll-x" tabIndex={0}>
      <table class="table">
        <thead><tr><th>{t.trade.asset}</th><th class="num">{t.trade.available}</th><th class="num">{t.trade.locked}</th><th class="num">{t.common.total}</th></tr></thead>
        <tbody>{rows.map((row) => <tr key={row.asset}><td>{row.asset}</td><td class="num">{money(row.available, row.asset)}</td><td class="num">{money(row.locked, row.asset)}</td><td class="num">{money(row.total, row.asset)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}
