import { useState } from "preact/hooks";
import { ask, get, post } from "../../api/client";
import { useResource } from "../../api/load";
import type { DeviceSession, Listed, SecondFactorState } from "../../api/types";
import { go } from "../../app/router";
import { texts } from "../../i18n/texts";
import { loadProfile, logout } from "../../session/session";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Card, FailureText, Field, Moment, PasswordField, Shown } from "../../ui/parts";
import { NewPasswordField } from "../auth/config";
import { ActivityList, TrustedDevices, deviceOf } from "./activity";
import { BackupCodes, Enrol } from "./enrol";

export function Security() {
  return (
    <>
      <SecondFactor />
      <Password />
      <Sessions />
      <TrustedDevices />
      <ActivityList />
    </>
  );
}

function SecondFactor() {
  const t = texts.value;
  const found = useResource(() => get<SecondFactorState>("/api/auth/2fa/status"));
  const [step, setStep] = useState<"" | "on" | "off" | "codes">("");
  const [codes, setCodes] = useState<string[] | null>(null);
  async function changed() {
    setStep("");
    await Promise.all([found.reload(), loadProfile()]);
  }
  return (
    <Card title={t.account.twoFactor}>
      <p>{t.account.twoFactorWhy}</p>
      <Shown state={found.state.value} onRetry={found.reload} rows={1}>
        {(state) => (
          <p class="line">
            <span class={state.is_enabled ? "badge good" : "badge warn"}>{state.is_enabled ? t.account.on : t.account.off}</span>
            {state.is_enabled && <span class="muted">{t.account.backupLeft(state.backup_codes_remaining)}</span>}
            <span class="grow" />
            {state.is_enabled ? (
              <><button type="button" class="button" onClick={() => setStep("codes")}>{t.account.regenerate}</button><button type="button" class="button danger" onClick={() => setStep("off")}>{t.account.disable}</button></>
            ) : <button type="button" class="button primary" onClick={() => setStep("on")}>{t.account.enable}</button>}
          </p>
        )}
      </Shown>
      <p class="muted small">{t.account.holdNote}</p>
      {step === "on" && <Enrol onClose={() => void changed()} />}
      {step === "off" && <WithPassword title={t.account.disable} onClose={() => setStep("")} send={async (password, code) => { await post("/api/auth/2fa/disable", { password, code }); await changed(); }} />}
      {step === "codes" && <WithPassword title={t.account.regenerate} onClose={() => setStep("")} send={async (password, code) => { setCodes((await post<{ backup_codes: string[] }>("/api/auth/2fa/backup-codes/regenerate", { password, code })).backup_codes); await changed(); }} />}
      {codes && <Dialog title={t.account.backupTitle} onClose={() => setCodes(null)}><BackupCodes codes={codes} onDone={() => setCodes(null)} /></Dialog>}
    </Card>
  );
}

function WithPassword({ title, send, onClose }: { title: string; send(password: string, code: string): Promise<void>; onClose(): void }) {
  const t = texts.value;
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const sending = useSending();
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void sending.run(() => send(password, code.trim())); }}>
        <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
        <Field label={t.auth.code} hint={t.auth.codeHint} input={{ value: code, required: true, autocomplete: "one-time-code", maxLength: 32, onInput: (event) => setCode(event.currentTarget.value) }} />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.confirm}</button>
      </form>
    </Dialog>
  );
}

function Password() {
  const t = texts.value;
  const [now, setNow] = useState("");
  const [first, setFirst] = useState("");
  const [again, setAgain] = useState("");
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    if (first !== again) return;
    if (await sending.run(() => ask("PUT", "/api/auth/password", { body: { current_password: now, new_password: first, confirm_password: again } }))) {
      await logout().catch(() => undefined);
      go("/giris");
    }
  }
  return (
    <Card title={t.account.changePassword}>
      <form class="form" onSubmit={send}>
        <p class="muted">{t.account.passwordNote}</p>
        <PasswordField label={t.account.currentPassword} value={now} onValue={setNow} autocomplete="current-password" />
        <NewPasswordField label={t.auth.newPassword} error={sending.at("new_password")} value={first} onValue={setFirst} />
        <PasswordField label={t.auth.repeatPassword} value={again} onValue={setAgain} autocomplete="new-password" error={again && first !== again ? t.auth.mismatch : sending.at("confirm_password")} />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.account.changePassword}</button>
      </form>
    </Card>
  );
}

function Sessions() {
  const t = texts.value;
  const found = useResource(() => get<Listed<DeviceSession>>("/api/auth/sessions"));
  const sending = useSending();
  return (
    <Card class="flush" title={t.account.sessions} actions={<><button type="button" class="button small" onClick={() => void sending.run(async () => { await ask("DELETE", "/api/auth/sessions"); await found.reload(); })}>{t.account.endOthers}</button> <button type="button" class="button small danger" onClick={() => void logout(true).then(() => go("/giris")).catch(() => undefined)}>{t.account.endAll}</button></>}>
      <FailureText failure={sending.failure} />
      <Shown state={found.state.value} onRetry={found.reload}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{t.account.device}</th><th>IP</th><th>{t.account.lastSeen}</th><th><span class="hidden-visually">{t.account.endSession}</span></th></tr></thead>
            <tbody>{list.data.map((each) => <tr key={each.id}><td title={each.user_agent}>{deviceOf(each.user_agent)} {each.current && <span class="badge good">{t.account.current}</span>}</td><td><code>{each.ip_address}</code></td><td><Moment at={each.last_seen_at} /></td><td class="end">{!each.current && <button type="button" class="button small" onClick={() => void sending.run(async () => { await ask("DELETE", `/api/auth/sessions/${each.id}`); await found.reload(); })}>{t.account.endSession}</button>}</td></tr>)}</tbody>
          </table></div>
        )}
      </Shown>
    </Card>
  );
}
