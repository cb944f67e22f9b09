import { useState } from "preact/hooks";
import { ask, post } from "../../api/client";
import { lang, texts } from "../../i18n/texts";
import { useSending } from "../../ui/form";
import { Check, FailureText, Field, PasswordField } from "../../ui/parts";
import { AuthPage, LocalMail } from "./layout";

export function Register() {
  const t = texts.value;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [terms, setTerms] = useState(false);
  const [kvkk, setKvkk] = useState(false);
  const [warned, warn] = useState(false);
  const [done, setDone] = useState(false);
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    warn(!terms || !kvkk);
    if (!terms || !kvkk) return;
    await sending.run(async () => {
      await ask("POST", "/api/auth/register", { body: { email: email.trim(), password, terms_accepted: terms, kvkk_consent_accepted: kvkk, locale: lang.value }, open: true });
      setDone(true);
    });
  }
  if (done) return <CheckMail email={email.trim()} />;
  return (
    <AuthPage title={t.auth.registerTitle}>
      <form class="form" onSubmit={send}>
        <Field label={t.auth.email} input={{ type: "email", value: email, autocomplete: "email", required: true, maxLength: 254, onInput: (event) => setEmail(event.currentTarget.value) }} />
        <PasswordField label={t.auth.password} value={password} onValue={setPassword} autocomplete="new-password" hint={t.auth.passwordRules} />
        <Check label={t.auth.terms} checked={terms} onValue={setTerms} />
        <Check label={t.auth.kvkk} checked={kvkk} onValue={setKvkk} />
        {warned && (!terms || !kvkk) && <p class="field-error" role="alert">{t.auth.mustAccept}</p>}
        <FailureText failure={sending.failure} />
        <button class="button primary big" disabled={sending.busy}>{t.common.register}</button>
        <p class="form-links"><span>{t.auth.haveAccount} <a href="/giris">{t.common.login}</a></span></p>
      </form>
    </AuthPage>
  );
}

function CheckMail({ email }: { email: string }) {
  const t = texts.value.auth;
  const [sent, setSent] = useState(false);
  const sending = useSending();
  return (
    <AuthPage title={t.checkMail}>
      <p>{t.checkMailText(email)}</p>
      <LocalMail email={email} />
      <FailureText failure={sending.failure} />
      <button type="button" class="button" disabled={sending.busy || sent} onClick={() => void sending.run(async () => { await post("/api/auth/resend-verification", { email }); setSent(true); })}>{sent ? t.resent : t.resend}</button>
    </AuthPage>
  );
}
