import { useState } from "preact/hooks";
import { askFile, get, post } from "../../api/client";
import { useResource } from "../../api/load";
import type { CryptoDeposit, FiatDeposit, Listed, OfferedNetwork, Transaction, Withdrawal } from "../../api/types";
import { texts } from "../../i18n/texts";
import { balances } from "../../live/own";
import { amount, money } from "../../money/format";
import { Confirm } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { FailureText, Moment, Shown } from "../../ui/parts";
import { save } from "../../ui/save";
import { isLocal } from "../auth/layout";

const PENDING_SECONDS = 30;

function State({ status }: { status: string }) {
  const kind = ["COMPLETED", "CREDITED", "APPROVED", "CONFIRMED"].includes(status) ? "good" : ["FAILED", "REJECTED", "EXPIRED"].includes(status) ? "bad" : "";
  return <span class={`badge ${kind}`}>{texts.value.wallet.states[status] ?? status}</span>;
}

export function Transactions() {
  const t = texts.value;
  const moved = [...balances.value.values()].map((each) => each.total).join();
  const found = useResource(() => get<Listed<Transaction>>("/api/wallet/transactions", { limit: 20 }), [moved]);
  const sending = useSending();
  const download = () => sending.run(async () => save("mycrypto.csv", await askFile("/api/wallet/transactions/export", "text/csv")));
  return (
    <Shown state={found.state.value} onRetry={found.reload} empty={t.wallet.none} isEmpty={(list) => !list.data.length}>
      {(list) => (
        <>
          <div class="scroll-x" tabIndex={0}>
            <table class="table">
              <thead><tr><th>{t.common.date}</th><th>{t.common.type}</th><th>{t.wallet.asset}</th><th class="num">{t.common.amount}</th><th class="num">{t.common.total}</th><th>{t.common.status}</th></tr></thead>
              <tbody>{list.data.map((row) => <tr key={row.id}><td><Moment at={row.created_at} /></td><td>{t.wallet.kinds[row.type] ?? row.type}</td><td>{row.currency}</td><td class={`num ${row.amount.startsWith("-") ? "down" : "up"}`}>{row.amount.startsWith("-") ? "" : "+"}{amount(row.amount, undefined, 2)}</td><td class="num">{money(row.balance_after, row.currency)}</td><td><State status={row.status} /></td></tr>)}</tbody>
            </table>
          </div>
          <p class="card-foot"><button type="button" class="button small" disabled={sending.busy} onClick={() => void download()}>{t.common.download}</button></p>
          <FailureText failure={sending.failure} />
        </>
      )}
    </Shown>
  );
}

export function Withdrawals() {
  const t = texts.value;
  const found = useResource(() => get<Listed<Withdrawal>>("/api/wallet/withdraw/requests", { limit: 20 }), [], PENDING_SECONDS);
  const [asking, ask] = useState("");
  const sending = useSending();
  async function drop() {
    const id = asking;
    ask("");
    await sending.run(() => post(`/api/wallet/withdraw/${id}/cancel`));
    await found.reload();
  }
  return (
    <>
      <FailureText failure={sending.failure} />
      <Shown state={found.state.value} onRetry={found.reload} empty={t.wallet.noneWithdrawals} isEmpty={(list) => !list.data.length}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}>
            <table class="table">
              <thead><tr><th>{t.common.date}</th><th class="num">{t.common.amount}</th><th>{t.wallet.destination}</th><th>{t.common.status}</th><th><span class="hidden-visually">{t.common.cancel}</span></th></tr></thead>
              <tbody>{list.data.map((row) => <tr key={row.id}><td><Moment at={row.created_at} /></td><td class="num">{money(row.total_amount, row.currency)}</td><td><span class="ellipsis" title={row.destination}>{row.destination}</span> {row.kind === "CRYPTO" && <small class="muted">{row.network}</small>}</td><td><State status={row.status} /> {row.reason && <small class="muted">{row.reason}</small>}</td><td class="end">{row.status.startsWith("PENDING") && <button type="button" class="button small" onClick={() => ask(row.id)}>{t.wallet.cancelIt}</button>}</td></tr>)}</tbody>
            </table>
          </div>
        )}
      </Shown>
      {asking && <Confirm danger title={t.wallet.cancelIt} action={t.common.confirm} onNo={() => ask("")} onYes={() => void drop()}><p>{t.wallet.cancelIt}?</p></Confirm>}
    </>
  );
}

export function FiatDeposits({ turn }: { turn: number }) {
  const t = texts.value;
  const found = useResource(() => get<Listed<FiatDeposit>>("/api/wallet/deposit/requests", { limit: 10 }), [turn], PENDING_SECONDS);
  const sending = useSending();
  const drop = async (id: string) => {
    await sending.run(() => post(`/api/wallet/deposit/${id}/cancel`));
    await found.reload();
  };
  return (
    <>
    <FailureText failure={sending.failure} />
    <Shown state={found.state.value} onRetry={found.reload} empty={t.wallet.noneDeposits} isEmpty={(list) => !list.data.length}>
      {(list) => (
        <div class="scroll-x" tabIndex={0}><table class="table">
          <thead><tr><th>{t.common.date}</th><th class="num">{t.common.amount}</th><th>{t.wallet.referenceTo}</th><th>{t.common.status}</th><th><span class="hidden-visually">{t.common.cancel}</span></th></tr></thead>
          <tbody>{list.data.map((row) => <tr key={row.deposit_id}><td><Moment at={row.created_at} /></td><td class="num">{money(row.amount, row.currency)}</td><td><code>{row.reference}</code></td><td><State status={row.status} /></td><td class="end">{row.status === "PENDING" && <button type="button" class="button small" disabled={sending.busy} onClick={() => void drop(row.deposit_id)}>{t.wallet.cancelIt}</button>}</td></tr>)}</tbody>
        </table></div>
      )}
    </Shown>
    </>
  );
}

export function CryptoDeposits({ asset, networks }: { asset: string; networks: OfferedNetwork[] }) {
  const t = texts.value;
  const found = useResource(() => get<Listed<CryptoDeposit>>("/api/wallet/deposit/crypto/history", { limit: 20 }), [asset], PENDING_SECONDS);
  return (
    <Shown state={found.state.value} onRetry={found.reload} empty={t.wallet.noneDeposits} isEmpty={(list) => !list.data.some((row) => row.currency === asset)}>
      {(list) => (
        <div class="scroll-x" tabIndex={0}><table class="table">
          <thead><tr><th>{t.common.date}</th><th class="num">{t.common.amount}</th><th>{t.common.status}</th><th>{t.common.details}</th></tr></thead>
          <tbody>{list.data.filter((row) => row.currency === asset).map((row) => <tr key={row.id}><td><Moment at={row.created_at} /></td><td class="num">{money(row.amount, row.currency)}</td><td><State status={row.status} /></td><td>{t.wallet.confirmations(row.confirmations, row.required_confirmations)} <small class="muted">{row.network}</small> <ChainTransaction hash={row.tx_hash} explorer={networks.find((each) => each.network === row.network)?.explorer} /></td></tr>)}</tbody>
        </table></div>
      )}
    </Shown>
  );
}

/** The chains of this machine are simulated: no explorer knows their transactions. */
function ChainTransaction({ hash, explorer }: { hash: string; explorer: string | undefined }) {
  const text = <code class="ellipsis" title={hash}>{hash.slice(0, 14)}…</code>;
  return explorer && !isLocal ? <a href={explorer + hash} target="_blank" rel="noreferrer">{text}</a> : text;
}
