// Corrections of users' balances: one administrator proposes, another one decides.
import { useState } from "preact/hooks";
import type { Adjustment } from "../api/types";
import { isAdmin, profile } from "../session/session";
import { useResource } from "../api/load";
import { money } from "../money/format";
import { readAmount } from "../money/typed";
import { wire } from "../money/units";
import { Dialog } from "../ui/dialog";
import { Fact, Field, Moment, Select, Shown } from "../ui/parts";
import { adjustment, adjustments, approveAdjustment, proposeAdjustment, rejectAdjustment } from "./calls";
import { Queue } from "./queue";
import { Reasoned } from "./reason";
import { words } from "./texts";

const STATES = ["PROPOSED", "APPROVED", "APPLIED", "REJECTED", "FAILED"] as const;
const DIRECTIONS = ["CREDIT", "CHARGE"] as const;

export function Adjustments() {
  const w = words.value;
  const [status, setStatus] = useState("");
  const [proposing, propose] = useState(0);
  if (!isAdmin.value) return <p class="empty">{w.adminsOnly}</p>;
  return (
    <>
      <Queue<Adjustment>
        key={`${status} ${proposing}`}
        list={() => adjustments({ status, limit: 50 })}
        actions={() => (
          <span class="line">
            <Select hideLabel label={w.status} value={status} options={[["", w.all], ...STATES.map((each) => [each, w.statuses[each]!] as const)]} onValue={setStatus} />
            <button type="button" class="button small primary" onClick={() => propose(proposing + 1)}>{w.propose}</button>
          </span>
        )}
        head={<><th>{w.created}</th><th>{w.user}</th><th>{w.action}</th><th class="num">{w.amount}</th><th>{w.reasonHead}</th><th>{w.status}</th></>}
        cells={(row) => <><td><Moment at={row.proposed_at} /></td><td><a href={`/ops/users/${row.user_id}`}><code>{row.user_id.slice(-8)}</code></a></td><td>{w.actions[row.direction]}</td><td class="num strong">{money(row.amount, row.currency)}</td><td><span class="ellipsis" title={row.reason}>{row.reason}</span></td><td><Status status={row.status} /></td></>}
        open={(id, onClose) => <One id={id} onClose={onClose} />}
      />
      {proposing % 2 === 1 && <Propose onClose={() => propose(proposing + 1)} />}
    </>
  );
}

function Status({ status }: { status: string }) {
  return <span class={`badge ${status === "APPLIED" ? "good" : ["REJECTED", "FAILED"].includes(status) ? "bad" : "warn"}`}>{words.value.statuses[status] ?? status}</span>;
}

function Propose({ onClose }: { onClose(): void }) {
  const w = words.value;
  const [key] = useState(() => crypto.randomUUID());
  const [user, setUser] = useState("");
  const [direction, setDirection] = useState<"CREDIT" | "CHARGE">("CREDIT");
  const [currency, setCurrency] = useState("TRY");
  const [text, setText] = useState("");
  const { units: amount } = readAmount(text);
  return (
    <Reasoned title={w.proposeAdjustment} danger={direction === "CHARGE"} unready={!user.trim() || !amount || !currency.trim()} onClose={onClose} send={(reason) => proposeAdjustment(key, { user_id: user.trim(), direction, currency: currency.trim().toUpperCase(), amount: wire(amount!), reason })}>
      <p class="muted">{w.twoPeople}</p>
      <Field label={`${w.user} (id)`} input={{ value: user, maxLength: 36, required: true, onInput: (event) => setUser(event.currentTarget.value) }} />
      <Select label={w.action} value={direction} options={DIRECTIONS.map((each) => [each, w.actions[each]!] as const)} onValue={(next) => setDirection(next as typeof direction)} />
      <Field label={w.currency} input={{ value: currency, maxLength: 10, required: true, onInput: (event) => setCurrency(event.currentTarget.value) }} />
      <Field label={w.amount} hint={amount ? money(amount, currency.trim().toUpperCase()) : undefined} input={{ value: text, inputMode: "decimal", maxLength: 32, required: true, onInput: (event) => setText(event.currentTarget.value) }} />
    </Reasoned>
  );
}

function One({ id, onClose }: { id: string; onClose(): void }) {
  const w = words.value;
  const found = useResource(() => adjustment(id), [id]);
  const [deciding, decide] = useState<"yes" | "no" | null>(null);
  const again = () => { decide(null); void found.reload(); };
  return (
    <Dialog wide title={w.tabs.adjustments} onClose={onClose}>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(row) => {
          const mine = row.proposed_by === profile.value?.id;
          return (
            <>
              <dl class="facts">
                <Fact strong name={w.actions[row.direction]}>{money(row.amount, row.currency)}</Fact>
                <Fact name={w.user}><a href={`/ops/users/${row.user_id}`}>{row.user_id}</a></Fact>
                <Fact name={w.reasonHead}>{row.reason}</Fact>
                <Fact name={w.proposedBy}>{mine ? w.yourself : <a href={`/ops/users/${row.proposed_by}`}><code>{row.proposed_by}</code></a>} · <Moment at={row.proposed_at} /></Fact>
                <Fact name={w.status}><Status status={row.status} /> {row.decision_reason}</Fact>
                {row.decided_by && <Fact name={w.decidedBy}><a href={`/ops/users/${row.decided_by}`}><code>{row.decided_by}</code></a> · <Moment at={row.decided_at} /></Fact>}
              </dl>
              {row.status === "PROPOSED" && (
                <div class="dialog-foot">
                  {mine && <span class="muted">{w.anotherDecides}</span>}
                  <button type="button" class="button danger" onClick={() => decide("no")}>{w.reject}</button>
                  {!mine && <button type="button" class="button primary" onClick={() => decide("yes")}>{w.approve}</button>}
                </div>
              )}
            </>
          );
        }}
      </Shown>
      {deciding === "yes" && <Reasoned title={w.approve} reasonless onClose={again} send={() => approveAdjustment(id)} />}
      {deciding === "no" && <Reasoned danger title={w.reject} onClose={again} send={(reason) => rejectAdjustment(id, reason)} />}
    </Dialog>
  );
}
