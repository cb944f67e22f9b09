import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import type { StaffWithdrawal, WithdrawalReview } from "../api/types";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { money } from "../money/format";
import { Dialog } from "../ui/dialog";
import { Card, Fact, Moment, Shown, Tabs } from "../ui/parts";
import { approveWithdrawal, rejectWithdrawal, withdrawal, withdrawals } from "./calls";
import { Reasoned } from "./reason";
import { words } from "./texts";

export function OfficeWithdrawals() {
  const t = texts.value;
  const w = words.value;
  const [status, setStatus] = useState<"PENDING_APPROVAL" | "">("");
  const found = useResource(() => withdrawals({ status, limit: 50 }), [status], 30);
  const [deciding, decide] = useState<{ row: StaffWithdrawal; yes: boolean } | null>(null);
  const [seen, see] = useState("");
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
                <td class="end">{isAdmin.value && <button type="button" class="button small" onClick={() => see(row.id)}>{w.view}</button>} {isAdmin.value && row.status.startsWith("PENDING") && <><button type="button" class="button small primary" onClick={() => decide({ row, yes: true })}>{w.approve}</button> <button type="button" class="button small danger" onClick={() => decide({ row, yes: false })}>{w.reject}</button></>}</td>
              </tr>
            ))}</tbody>
          </table></div>
        )}
      </Shown>
      {seen && <Review id={seen} onClose={() => see("")} />}
      {deciding && (
        <Reasoned title={deciding.yes ? w.approve : w.reject} danger={!deciding.yes} reasonless={deciding.yes} onClose={() => { decide(null); void found.reload(); }} send={(reason) => (deciding.yes ? approveWithdrawal(deciding.row.id) : rejectWithdrawal(deciding.row.id, reason))}>
          <dl class="facts"><Fact strong name={w.amount}>{money(deciding.row.total_amount, deciding.row.currency)}</Fact><Fact name={w.destination}><code>{deciding.row.destination}</code></Fact><Fact name={t.wallet.network}>{deciding.row.network}</Fact><Fact name={w.risks}>{risky(deciding.row)}</Fact></dl>
        </Reasoned>
      )}
    </Card>
  );
}

const FACTS = ["completed_withdrawals", "completed_to_this_destination", "deposited_24_h", "withdrawn_24_h", "withdrawn_30_d", "deposits_last_hour"] as const;

/** Who asks, what speaks against it, who has approved, and where the payout is. */
function Review({ id, onClose }: { id: string; onClose(): void }) {
  const t = texts.value;
  const w = words.value;
  const found = useResource(() => withdrawal(id), [id]);
  const payout = (review: WithdrawalReview) => review.payout && (
    <Fact name={w.payout}>{review.payout.waits_for ?? "—"} · {w.attempts} {review.payout.attempts}{review.payout.tx_hash && <> · <code>{review.payout.tx_hash}</code></>}{review.payout.next_look_at && <> · <Moment at={review.payout.next_look_at} /></>}</Fact>
  );
  return (
    <Dialog wide title={w.withdrawalReview} onClose={onClose}>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(review) => (
          <>
            <dl class="facts">
              <Fact strong name={w.amount}>{money(review.withdrawal.total_amount, review.withdrawal.currency)}</Fact>
              <Fact name={w.destination}><code>{review.withdrawal.destination}</code></Fact>
              <Fact name={t.wallet.network}>{review.withdrawal.network}</Fact>
              <Fact name={w.status}><span class="badge">{t.wallet.states[review.withdrawal.status] ?? review.withdrawal.status}</span></Fact>
              <Fact name={w.user}><a href={`/ops/users/${review.user.id}`}>{review.user.email}</a> · {w.level} {review.user.kyc_level} · {w.statuses[review.user.status] ?? review.user.status}</Fact>
              <Fact name={w.risks}>{review.risks.length ? review.risks.map((each) => <span key={each} class="badge warn">{each}</span>) : "—"}</Fact>
              {FACTS.map((name) => <Fact key={name} name={w.riskFacts[name]}>{review.facts[name]}</Fact>)}
              <Fact name={w.approvals}>{review.approvals.length ? review.approvals.map((each) => <span key={each.staff_id}><code>{each.staff_id.slice(-8)}</code> <Moment at={each.approved_at} /> </span>) : "—"}</Fact>
              {payout(review)}
            </dl>
            <h2>{w.before}</h2>
            {review.history.length === 0 && <p class="muted">{w.none}</p>}
            {review.history.map((each) => <p key={each.id}><Moment at={each.created_at} /> · {money(each.total_amount, each.currency)} · <code>{each.destination}</code> · <span class="badge">{t.wallet.states[each.status] ?? each.status}</span></p>)}
          </>
        )}
      </Shown>
    </Dialog>
  );
}
