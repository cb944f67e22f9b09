import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import { useResource } from "../../api/load";
import type { Listed, WalletBalance } from "../../api/types";
import { hidden } from "../../app/prefs";
import { segments, symbolPath } from "../../app/router";
import { texts } from "../../i18n/texts";
import { markets, tickers } from "../../live/markets";
import { balances } from "../../live/own";
import { isPaper } from "../../live/mode";
import { amount, money } from "../../money/format";
import { product, units, type Units } from "../../money/units";
import { Card, Check, Shown, Tabs } from "../../ui/parts";
import { AssetIcon } from "../markets/markets";
import { Deposit } from "./deposit";
import { Transactions, Withdrawals } from "./lists";
import { Statements } from "./statements";
import { Withdraw } from "./withdraw";

export function Wallet() {
  const [, action, asset] = segments.value;
  if (action === "yatir") return <Deposit asset={(asset ?? "TRY").toUpperCase()} />;
  if (action === "cek") return <Withdraw asset={(asset ?? "TRY").toUpperCase()} />;
  return <Overview />;
}

/** What an asset is worth in TRY at last prices, directly or over USDT; null where there is no price. */
function worth(asset: string, total: Units): Units | null {
  if (asset === "TRY") return total;
  const last = (symbol: string) => units(tickers.value[symbol]?.last_price);
  const direct = last(`${asset}/TRY`);
  if (direct) return product(total, direct);
  const over = last(`${asset}/USDT`);
  const dollar = last("USDT/TRY");
  return over && dollar ? product(product(total, over), dollar) : total === 0n ? 0n : null;
}

function Overview() {
  const t = texts.value;
  const [nonzero, setNonzero] = useState(false);
  const [tab, setTab] = useState<"history" | "withdrawals" | "statements">("history");
  const moved = [...balances.value.values()].map((each) => each.total).join();
  const found = useResource(() => get<Listed<WalletBalance>>("/api/wallet/balances"), [isPaper.value ? "" : moved]);
  useEffect(() => void (document.title = `${t.wallet.title} · ${t.brand}`), [t]);
  const veil = (text: string) => (hidden.value === "yes" ? "••••" : text);
  return (
    <div class="page">
      <Shown state={found.state.value} onRetry={found.reload}>
        {(list) => {
          const rows = list.data.map((row) => ({ row, total: units(row.total_balance), value: worth(row.currency, units(row.total_balance)) }));
          const sum = rows.reduce((all, each) => all + (each.value ?? 0n), 0n);
          return (
            <>
              <header class="hero">
                <div>
                  <h1>{t.wallet.title}</h1>
                  <p class="muted">{t.wallet.totalTry} <button type="button" class="button small ghost" aria-pressed={hidden.value === "yes"} onClick={() => (hidden.value = hidden.value === "yes" ? "no" : "yes")}>{hidden.value === "yes" ? t.wallet.showAmounts : t.wallet.hideAmounts}</button></p>
                  <p class="total" title={t.wallet.estimate}>{veil(`₺${amount(sum, 2)}`)}</p>
                </div>
                <div class="line"><a class="button primary" href="/cuzdan/yatir/TRY">{t.wallet.deposit}</a><a class="button" href="/cuzdan/cek/TRY">{t.wallet.withdraw}</a></div>
              </header>
              <Card class="flush" title={t.trade.balances} actions={<Check label={t.wallet.hideZero} checked={nonzero} onValue={setNonzero} />}>
                <div class="scroll-x" tabIndex={0}>
                  <table class="table rows">
                    <thead><tr><th>{t.wallet.asset}</th><th class="num">{t.common.total}</th><th class="num not-on-phones">{t.wallet.available}</th><th class="num mid-only">{t.wallet.locked}</th><th class="num mid-only">{t.wallet.valueTry}</th><th><span class="hidden-visually">{t.common.details}</span></th></tr></thead>
                    <tbody>
                      {rows.filter((each) => !nonzero || each.total > 0n).map(({ row, value }) => {
                        const market = markets.value.find((each) => each.base_asset === row.currency && each.quote_asset === "TRY") ?? markets.value.find((each) => each.base_asset === row.currency);
                        return (
                          <tr key={row.currency}>
                            <td><span class="pair"><AssetIcon asset={row.currency} /><strong>{row.currency}</strong></span></td>
                            <td class="num strong">{veil(money(row.total_balance, row.currency))}</td>
                            <td class="num not-on-phones">{veil(money(row.available_balance, row.currency))}</td>
                            <td class="num mid-only">{veil(money(row.locked_balance, row.currency))}</td>
                            <td class="num mid-only">{value === null ? "—" : veil(`₺${amount(value, 2)}`)}</td>
                            <td class="end"><span class="row-actions"><a class="button small" href={`/cuzdan/yatir/${row.currency}`}>{t.wallet.deposit}</a><a class="button small" href={`/cuzdan/cek/${row.currency}`}>{t.wallet.withdraw}</a>{market && <a class="button small ghost mid-only" href={symbolPath(market.symbol)}>{t.wallet.trade}</a>}</span></td>
                          </tr>
                        );
                      })}
                    </tbody>
                  </table>
                </div>
              </Card>
            </>
          );
        }}
      </Shown>
      <section class="card flush">
        <header class="card-head"><Tabs label={t.wallet.history} tabs={[["history", t.wallet.history], ["withdrawals", t.wallet.withdrawals], ["statements", t.wallet.statements]] as const} value={tab} onValue={setTab} /></header>
        {tab === "history" ? <Transactions /> : tab === "withdrawals" ? <Withdrawals /> : <Statements />}
      </section>
    </div>
  );
}
