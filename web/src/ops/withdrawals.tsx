import { useState } from "preact/hooks";
import { get, post } from "../api/client";
import { useResource } from "../api/load";
import type { Listed, StaffWithdrawal } from "../api/types";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { money } from "../money/format";
import { Card, Fact, Moment, Shown, Tabs } from "../ui/parts";
import { Reasoned } from "./reason";
import { words } from "./texts";

export function OfficeWithdrawals() {
  const t = texts.value;
  const w = words.value;
  const [status, setStatus] = useState<"PENDING_APPROVAL" | "">("");
  const found = useResource(() => get<Listed<StaffWithdrawal>>("/api/wallet/admin/withdrawals", { status, limit: 50 }), [status], 30);
  const [deciding, decide] = useState<{ row: StaffWithdrawal; yes: boolean } | null>(null);
  const risky = (row: StaffWithdrawal) => (row.risks ?? []).map((each) => <span key={each} class="badge warn">{each}</span>);
  return (
    <Card class="flush" actions={<Tabs label={w.status} tabs={[["", w.all], ["PENDING_APPROVAL", w.waiting]] as const} value={status} onValue={setStatus} />}>
      <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(list) => !list.data.length}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{w.created}</th><th class="num">{w.amount}</th><th>{w.destination}</th><th>{w.risks}</th><th>{w.status}</th><th><span class="hidden-visually">{w.action}</span></th></tr></thead>
            <tbody>{list.data.map((row) => (
              <tr key={row.id}>
                <td><Moment at={row.created_at} /></td><td class="num strong">{money(row.total_amount, row.currency)}</td><td><code class="ellipsis" title={row.destination}>{row.destination}</code></td><td>{risky(row)}</td><td><span class="badge">{t.wallet.states[row.status] ?? row.status}</span></td>
                <td class="end">{isAdmin.value && row.status.startsWith("PENDING") && <><button type="button" class="button small primary" onClick={() => decide({ row, yes: true })}>{w.approve}</button> <button type="button" class="button small danger" onClick={() => decide({ row, yes: false })}>{w.reject}</button></>}</td>
              </tr>
            ))}</tbody>
          </table></div>
        )}
      </Shown>
      {deciding && (
        <Reasoned title={deciding.yes ? w.approve : w.reject} danger={!deciding.yes} reasonless={deciding.yes} onClose={() => { decide(null); void found.reload(); }} send={(reason) => post(`/api/wallet/admin/withdrawals/${deciding.row.id}/${deciding.yes ? "approve" : "reject"}`, deciding.yes ? undefined : { reason })}>
          <dl class="facts"><Fact strong name={w.amount}>{money(deciding.row.total_amount, deciding.row.currency)}</Fact><Fact name={w.destination}><code>{deciding.row.destination}</code></Fact><Fact name={w.risks}>{risky(deciding.row)}</Fact></dl>
        </Reasoned>
      )}
    </Card>
  );
}
