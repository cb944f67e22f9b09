import { useState } from "preact/hooks";
import { post } from "../../api/client";
import type { SecondFactorSetup } from "../../api/types";
import { texts } from "../../i18n/texts";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Copy, FailureText, Field, PasswordField } from "../../ui/parts";

/** Password, QR code, first code, backup codes. */
export function Enrol({ onClose }: { onClose(): void }) {
  const t = texts.value;
  const [password, setPassword] = useState("");
  const [setup, setSetup] = useState<SecondFactorSetup | null>(null);
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const sending = useSending();
  async function begin(event: Event) {
    event.preventDefault();
    await sending.run(async () => setSetup(await post<SecondFactorSetup>("/api/auth/2fa/setup", { password })));
  }
  async function finish(event: Event) {
    event.preventDefault();
    await sending.run(async () => setCodes((await post<{ backup_codes: string[] }>("/api/auth/2fa/verify-setup", { setup_token: setup!.setup_token, code: code.trim() })).backup_codes));
  }
  return (
    <Dialog title={codes ? t.account.backupTitle : t.account.setupTitle} onClose={onClose}>
      {codes ? <BackupCodes codes={codes} onDone={onClose} /> : setup ? (
        <form class="form" onSubmit={finish}>
          <p>{t.account.step2}</p>
          {setup.qr_code.startsWith("data:") && <img class="qr" src={setup.qr_code} alt={t.wallet.qr} width="180" height="180" />}
          <p class="line"><span class="muted">{t.account.manualKey}</span> <code>{setup.manual_entry_key}</code> <Copy text={setup.manual_entry_key} label={t.account.manualKey} /></p>
          <Field label={t.account.step3} input={{ value: code, required: true, inputMode: "numeric", autocomplete: "one-time-code", maxLength: 6, onInput: (event) => setCode(event.currentTarget.value) }} />
          <FailureText failure={sending.failure} />
          <button class="button primary" disabled={sending.busy}>{t.account.enable}</button>
        </form>
      ) : (
        <form class="form" onSubmit={begin}>
          <p>{t.account.step1}</p>
          <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
          <FailureText failure={sending.failure} />
          <button class="button primary" disabled={sending.busy}>{t.common.next}</button>
        </form>
      )}
    </Dialog>
  );
}

export function BackupCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const t = texts.value;
  return (
    <div class="form">
      <p>{t.account.backupText}</p>
      <ul class="codes">{codes.map((each) => <li key={each}><code>{each}</code></li>)}</ul>
      <p class="line"><Copy text={codes.join("\n")} label={t.account.backupTitle} /><span class="grow" /><button type="button" class="button primary" onClick={onDone}>{t.account.backupSaved}</button></p>
    </div>
  );
}
