import { useState } from "preact/hooks";
import { ask, get, post } from "../../api/client";
import { useResource } from "../../api/load";
import type { ApiKey, ApiKeyCreated, Listed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { Confirm, Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Card, Check, Copy, FailureText, Fact, Field, Moment, PasswordField, Shown } from "../../ui/parts";

const SCOPES = ["read", "trade", "withdraw"] as const;

export function ApiKeys() {
  const t = texts.value;
  const found = useResource(() => get<Listed<ApiKey>>("/api/auth/api-keys"));
  const [adding, add] = useState(false);
  const [made, setMade] = useState<ApiKeyCreated | null>(null);
  const [deleting, setDeleting] = useState("");
  const [resuming, setResuming] = useState("");
  const sending = useSending();
  async function drop() {
    const id = deleting;
    setDeleting("");
    await sending.run(() => ask("DELETE", `/api/auth/api-keys/${id}`));
    await found.reload();
  }
  return (
    <Card class="flush" title={t.account.apiTitle} actions={<button type="button" class="button small primary" onClick={() => add(true)}>{t.account.newKey}</button>}>
      <p class="card-text">{t.account.apiLead} <a href="/api/v1/docs">{t.markets.hintApi}</a></p>
      <FailureText failure={sending.failure} />
      <Shown state={found.state.value} onRetry={found.reload} empty={t.account.noKeys} isEmpty={(list) => !list.data.length}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{t.account.label}</th><th>{t.account.keyId}</th><th>{t.account.scopes}</th><th>{t.account.ips}</th><th>{t.common.date}</th><th><span class="hidden-visually">{t.common.delete}</span></th></tr></thead>
            <tbody>{list.data.map((each) => (
              <tr key={each.id}>
                <td>{each.label} {each.suspended_at && <span class="badge warn">{t.account.suspended}</span>}</td><td><code>{each.key_id}</code></td><td>{each.scopes.map((scope) => t.account.scopeNames[scope]).join(", ")}</td><td>{each.ip_list.join(", ") || t.common.all}</td><td><Moment at={each.created_at} /></td>
                <td class="end">{each.suspended_at && <button type="button" class="button small" onClick={() => setResuming(each.id)}>{t.account.resume}</button>} <button type="button" class="button small" onClick={() => setDeleting(each.id)}>{t.common.delete}</button></td>
              </tr>
            ))}</tbody>
          </table></div>
        )}
      </Shown>
      {adding && <NewKey onClose={() => add(false)} onDone={(key) => { add(false); setMade(key); void found.reload(); }} />}
      {made && (
        <Dialog title={t.account.newKey} onClose={() => setMade(null)}>
          <p class="notice warn">{t.account.secretOnce}</p>
          <dl class="facts copyable">
            <Fact name={t.account.keyId}><code>{made.key_id}</code> <Copy text={made.key_id} label={t.account.keyId} /></Fact>
            <Fact name={t.account.secret}><code class="address">{made.secret}</code> <Copy text={made.secret} label={t.account.secret} /></Fact>
          </dl>
        </Dialog>
      )}
      {deleting && <Confirm danger title={t.common.delete} action={t.common.delete} onNo={() => setDeleting("")} onYes={() => void drop()}><p>{t.account.deleteAsk}</p></Confirm>}
      {resuming && <Resume id={resuming} onClose={() => { setResuming(""); void found.reload(); }} />}
    </Card>
  );
}

function Resume({ id, onClose }: { id: string; onClose(): void }) {
  const t = texts.value;
  const [password, setPassword] = useState("");
  const sending = useSending();
  return (
    <Dialog title={t.account.resume} onClose={onClose}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void sending.run(() => post(`/api/auth/api-keys/${id}/resume`, { password })).then((done) => done && onClose()); }}>
        <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.confirm}</button>
      </form>
    </Dialog>
  );
}

function NewKey({ onClose, onDone }: { onClose(): void; onDone(key: ApiKeyCreated): void }) {
  const t = texts.value;
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [ips, setIps] = useState("");
  const [days, setDays] = useState("90");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const list = ips.split(/[\s,]+/).filter(Boolean);
  const unsafe = scopes.includes("withdraw") && list.length === 0;
  async function send(event: Event) {
    event.preventDefault();
    if (unsafe) return;
    await sending.run(async () => onDone(await post<ApiKeyCreated>("/api/auth/api-keys", { label: label.trim(), scopes, ip_list: list, expires_in_days: Number(days) || null, password })));
  }
  return (
    <Dialog title={t.account.newKey} onClose={onClose}>
      <form class="form" onSubmit={send}>
        <Field label={t.account.label} error={sending.at("label")} input={{ value: label, required: true, maxLength: 50, onInput: (event) => setLabel(event.currentTarget.value) }} />
        <fieldset class="choice"><legend>{t.account.scopes}</legend>{SCOPES.map((each) => <Check key={each} label={t.account.scopeNames[each]} checked={scopes.includes(each)} onValue={(on) => setScopes(on ? [...scopes, each] : scopes.filter((other) => other !== each))} />)}</fieldset>
        <Field label={t.account.ips} hint={t.account.ipsHint} error={unsafe ? t.account.withdrawNeedsIp : sending.at("ip_list")} input={{ value: ips, autocomplete: "off", onInput: (event) => setIps(event.currentTarget.value) }} />
        <Field label={t.account.expiresIn} error={sending.at("expires_in_days")} input={{ value: days, inputMode: "numeric", maxLength: 4, onInput: (event) => setDays(event.currentTarget.value) }} />
        <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy || !scopes.length}>{t.common.save}</button>
      </form>
    </Dialog>
  );
}
