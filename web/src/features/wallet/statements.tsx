// The statement of a Turkish month: its sums on the page, and the whole of it as a file.
import { useState } from "preact/hooks";
import { askFile, get } from "../../api/client";
import { useResource } from "../../api/load";
import type { Statement } from "../../api/types";
import { lang, texts } from "../../i18n/texts";
import { amount, money } from "../../money/format";
import { useSending } from "../../ui/form";
import { FailureText, Moment, Select, Shown } from "../../ui/parts";
import { save } from "../../ui/save";
import { monthsBefore } from "./months";

const MONTHS = 24;
const FILES = [["JSON", "", "application/json"], ["CSV", "/csv", "text/csv"], ["PDF", "/pdf", "application/pdf"]] as const;

export function Statements() {
  const t = texts.value;
  const months = monthsBefore(new Date(), MONTHS);
  const [month, setMonth] = useState(months[0]!);
  const found = useResource(() => get<Statement>(`/api/wallet/statements/${month}`), [month]);
  const sending = useSending();
  const name = (each: string) => new Intl.DateTimeFormat(lang.value, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${each}-01T00:00:00Z`));
  const file = (kind: string, path: string, type: string) => sending.run(async () => save(`mycrypto-${month}.${kind.toLowerCase()}`, await askFile(`/api/wallet/statements/${month}${path}`, type)));
  return (
    <div class="statements">
      <div class="card-foot line">
        <Select label={t.wallet.month} hideLabel value={month} options={months.map((each) => [each, name(each)] as const)} onValue={setMonth} />
        {FILES.map(([kind, path, type]) => <button key={kind} type="button" class="button small" disabled={sending.busy} aria-label={t.wallet.statementAs(name(month), kind)} onClick={() => void file(kind, path, type)}>{kind}</button>)}
      </div>
      <FailureText failure={sending.failure} />
      <Shown state={found.state.value} onRetry={found.reload} empty={t.wallet.noStatement} isEmpty={(statement) => !statement.currencies.length}>
        {(statement) => (
          <>
            <div class="scroll-x" tabIndex={0}><table class="table">
              <thead><tr><th>{t.wallet.asset}</th><th class="num">{t.wallet.opening}</th><th>{t.wallet.movements}</th><th class="num">{t.wallet.closing}</th></tr></thead>
              <tbody>{statement.currencies.map((row) => (
                <tr key={row.currency}>
                  <td class="strong">{row.currency}</td><td class="num">{money(row.opening, row.currency)}</td>
                  <td>{row.totals.map((each) => <span key={each.type} class="badge">{t.wallet.kinds[each.type] ?? each.type} ×{each.count}: {amount(each.amount, undefined, 2)}</span>)}</td>
                  <td class="num">{money(row.closing, row.currency)}</td>
                </tr>
              ))}</tbody>
            </table></div>
            {!statement.complete && <p class="card-foot muted">{t.wallet.untilNow} <Moment at={statement.until} /></p>}
          </>
        )}
      </Shown>
      <p class="card-foot"><a href="/yukumlulukler">{t.liabilities.title}</a> <span class="muted">{t.wallet.liabilitiesHint}</span></p>
    </div>
  );
}
