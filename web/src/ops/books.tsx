// What the platform holds, owes and owns, currency by currency.
import { useResource } from "../api/load";
import type { BalanceSheet } from "../api/types";
import { isAdmin } from "../session/session";
import { amount, money } from "../money/format";
import { Card, Moment, Shown } from "../ui/parts";
import { balanceSheet } from "./calls";
import { words } from "./texts";

type Sheet = BalanceSheet["currencies"][number];
const SIDES = ["assets", "owed", "own"] as const;

export function Books() {
  const w = words.value;
  return isAdmin.value ? <Inside /> : <p class="empty">{w.adminsOnly}</p>;
}

function Lines({ lines }: { lines: Sheet["assets"] }) {
  return <>{lines.map((line) => <div key={line.account} class="sheet-line"><code>{line.account}</code> <span>{amount(line.amount, undefined, 2)}</span></div>)}</>;
}

function Inside() {
  const w = words.value;
  const found = useResource(balanceSheet);
  return (
    <Card class="flush" actions={<button type="button" class="button small" onClick={() => void found.reload()}>{w.again}</button>}>
      <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(sheet) => !sheet.currencies.length}>
        {(sheet) => (
          <>
            <p class="card-foot"><span class={sheet.balanced ? "badge good" : "badge bad"}>{sheet.balanced ? w.balanced : w.unbalanced}</span> <Moment at={sheet.taken_at} /> · {w.event} {sheet.event_number}</p>
            <div class="scroll-x" tabIndex={0}><table class="table rows sheet">
              <thead><tr><th>{w.currency}</th>{SIDES.map((side) => <th key={side} class="num">{w.sides[side]}</th>)}<th class="num">{w.difference}</th></tr></thead>
              <tbody>{sheet.currencies.map((row) => (
                <tr key={row.currency}>
                  <td class="strong">{row.currency}</td>
                  {SIDES.map((side) => <td key={side} class="num"><strong>{money(row[`${side}_total`], row.currency)}</strong><Lines lines={row[side]} /></td>)}
                  <td class={/^-?0(\.0*)?$/.test(row.difference) ? "num" : "num down"}>{money(row.difference, row.currency)}</td>
                </tr>
              ))}</tbody>
            </table></div>
          </>
        )}
      </Shown>
    </Card>
  );
}
