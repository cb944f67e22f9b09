import { useEffect, useState } from "preact/hooks";
import { ask, get, post } from "../../api/client";
import { useResource } from "../../api/load";
import type { Alert, Listed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { markets } from "../../live/markets";
import { amount } from "../../money/format";
import { readAmount } from "../../money/typed";
import { wire } from "../../money/units";
import { useSending } from "../../ui/form";
import { FailureText, Field, Moment, Select, Shown } from "../../ui/parts";

export function Alerts() {
  const t = texts.value;
  const [symbol, setSymbol] = useState("BTC/TRY");
  const [condition, setCondition] = useState("ABOVE");
  const [price, setPrice] = useState("");
  const sending = useSending();
  const found = useResource(() => get<Listed<Alert>>("/api/v1/alerts"));
  const value = readAmount(price).units;
  useEffect(() => void (document.title = `${t.alerts.title} · ${t.brand}`), [t]);
  async function add(event: Event) {
    event.preventDefault();
    if (value === null) return;
    if (await sending.run(async () => void (await post("/api/v1/alerts", { symbol, condition, price: wire(value) })))) {
      setPrice("");
      await found.reload();
    }
  }
  return (
    <div class="page narrow">
      <h1>{t.alerts.title}</h1>
      <p class="lead">{t.alerts.lead}</p>
      <section class="card">
        <form class="form inline" onSubmit={add}>
          <Select label={t.markets.symbol} value={symbol} options={markets.value.map((each) => [each.symbol, each.symbol] as const)} onValue={setSymbol} />
          <Select label={t.alerts.condition} value={condition} options={[["ABOVE", t.alerts.above], ["BELOW", t.alerts.below]]} onValue={setCondition} />
          <Field label={t.trade.price} error={sending.at("price")} input={{ value: price, inputMode: "decimal", required: true, onInput: (event) => setPrice(event.currentTarget.value) }} />
          <button class="button primary" disabled={sending.busy}>{t.alerts.add}</button>
        </form>
        <FailureText failure={sending.failure} />
      </section>
      <section class="card flush">
        <Shown state={found.state.value} onRetry={found.reload} empty={t.alerts.none} isEmpty={(list) => !list.data.length}>
          {(list) => (
            <table class="table rows">
              <thead><tr><th>{t.markets.symbol}</th><th>{t.alerts.condition}</th><th class="num">{t.trade.price}</th><th>{t.common.date}</th><th><span class="hidden-visually">{t.common.delete}</span></th></tr></thead>
              <tbody>{list.data.map((each) => <tr key={each.id}><td>{each.symbol}</td><td>{each.condition === "ABOVE" ? t.alerts.above : t.alerts.below}</td><td class="num">{amount(each.price, undefined, 2)}</td><td><Moment at={each.created_at} /></td><td class="end"><button type="button" class="button small" onClick={() => void sending.run(async () => { await ask("DELETE", `/api/v1/alerts/${each.id}`); await found.reload(); })}>{t.common.delete}</button></td></tr>)}</tbody>
            </table>
          )}
        </Shown>
      </section>
    </div>
  );
}
