import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import type { ReconciliationItem } from "../api/types";
import { isAdmin, profile } from "../session/session";
import { money } from "../money/format";
import { Dialog } from "../ui/dialog";
import { Fact, Field, Moment, Select, Shown } from "../ui/parts";
import { approveResolution, proposeResolution, reconciliation, reconciliations, rejectResolution, returned } from "./calls";
import { Queue } from "./queue";
import { Reasoned } from "./reason";
import { words } from "./texts";

const ACTIONS = ["CREDIT", "CHARGE", "RETURN", "WRITE_OFF"] as const;

export function Reconciliation() {
  const w = words.value;
  return (
    <Queue<ReconciliationItem>
      list={reconciliations}
      head={<><th>{w.created}</th><th>{w.source}</th><th>{w.nature}</th><th>{reasonHead()}</th><th class="num">{w.amount}</th><th>{w.status}</th></>}
      cells={(row) => <><td><Moment at={row.created_at} /></td><td>{row.source}</td><td>{row.nature}</td><td>{row.reason}</td><td class="num">{money(row.amount, row.currency)}</td><td><span class="badge">{row.status}</span></td></>}
      open={(id, onClose) => <Item id={id} onClose={onClose} />}
    />
  );
}

function reasonHead(): string {
  return words.value.reason.split(" (")[0]!;
}

type Step = "propose" | "approve" | "reject" | "returned";

function Item({ id, onClose }: { id: string; onClose(): void }) {
  const w = words.value;
  const found = useResource(() => reconciliation(id), [id]);
  const [step, setStep] = useState<Step | null>(null);
  const [action, setAction] = useState<string>("RETURN");
  const [user, setUser] = useState("");
  const [reference, setReference] = useState("");
  const again = () => { setStep(null); void found.reload(); };
  return (
    <Dialog wide title={w.tabs.reconciliation} onClose={onClose}>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(item) => {
          const open = item.proposals.find((each) => each.status === "PROPOSED" || each.status === "PENDING");
          const mine = open?.proposed_by === profile.value?.id;
          return (
            <>
              <dl class="facts">
                <Fact strong name={w.amount}>{money(item.amount, item.currency)}</Fact>
                <Fact name={w.source}>{item.source} · <code>{item.source_key}</code></Fact>
                <Fact name={w.nature}>{item.nature} · {item.reason}</Fact>
                <Fact name={w.status}><span class="badge">{item.status}</span> {item.resolution}</Fact>
                <Fact name={w.user}>{item.user_id ? <a href={`/ops/users/${item.user_id}`}>{item.user_id}</a> : "—"}</Fact>
              </dl>
              <h2>{w.report}</h2>
              <pre class="document">{JSON.stringify(item.document, null, 2)}</pre>
              <h2>{w.proposals}</h2>
              {item.proposals.map((each) => <p key={each.id}><span class="badge">{each.status}</span> {w.actions[each.action] ?? each.action} {money(each.amount, each.currency)} · {each.reason} · <Moment at={each.proposed_at} /></p>)}
              {isAdmin.value && (
                <div class="dialog-foot">
                  {item.status === "OPEN" && !open && <button type="button" class="button primary" onClick={() => setStep("propose")}>{w.propose}</button>}
                  {open && <button type="button" class="button danger" onClick={() => setStep("reject")}>{w.reject}</button>}
                  {open && !mine && <button type="button" class="button primary" onClick={() => setStep("approve")}>{w.resolve}</button>}
                  {item.status === "RETURNING" && <button type="button" class="button primary" onClick={() => setStep("returned")}>{w.returned}</button>}
                </div>
              )}
            </>
          );
        }}
      </Shown>
      {step === "propose" && (
        <Reasoned title={w.propose} onClose={again} send={(reason) => proposeResolution(id, { action, reason, ...(user.trim() && { user_id: user.trim() }) })}>
          <Select label={w.action} value={action} options={ACTIONS.map((each) => [each, w.actions[each]!] as const)} onValue={setAction} />
          <Field label={w.user} input={{ value: user, maxLength: 36, onInput: (event) => setUser(event.currentTarget.value) }} />
        </Reasoned>
      )}
      {step === "approve" && <Reasoned title={w.resolve} reasonless onClose={again} send={() => approveResolution(id)} />}
      {step === "reject" && <Reasoned danger title={w.reject} onClose={again} send={(reason) => rejectResolution(id, reason)} />}
      {step === "returned" && <Reasoned title={w.returned} reasonless onClose={again} send={() => returned(id, reference)}><Field label={w.reference} input={{ value: reference, required: true, onInput: (event) => setReference(event.currentTarget.value) }} /></Reasoned>}
    </Dialog>
  );
}
