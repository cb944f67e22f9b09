import { useState } from "preact/hooks";
import { ask, post } from "../../api/client";
import { lang, texts } from "../../i18n/texts";
import { useSending } from "../../ui/form";
import { Check, FailureText, Field } from "../../ui/parts";
import { NewPasswordField, neededConfig, useConfig } from "./config";
import { AuthPage, LocalMail } from "./layout";
import { Blocked, proof } from "./recaptcha";

export function Register() {
  const t = texts.value;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [terms, setTerms] = useState(false);
  const [kvkk, setKvkk] = useState(false);
  const [warned, warn] = useState(false);
  const [done, setDone] = useState(false);
  const [blocked, block] = useState(false);
  const config = useConfig();
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    warn(!terms || !kvkk);
    if (!terms || !kvkk) return;
    await sending.run(async () => {
      block(false);
      const { recaptcha_site_key } = await neededConfig();
      let token: string | null = null;
      try {
        if (recaptcha_site_key) token = await proof(recaptcha_site_key);
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        block(true);
        return;
      }
      await ask("POST", "/api/auth/register", { body: { email: email.trim(), password, terms_accepted: terms, kvkk_consent_accepted: kvkk, locale: lang.value, ...(token && { recaptcha_token: token }) }, open: true });
      setDone(true);
    });
  }
  if (done) return <CheckMail email={email.trim()} />;
  return (
    <AuthPage title={t.auth.registerTitle}>
      <form class="form" onSubmit={send}>
        <Field label={t.auth.email} error={sending.at("email")} input={{ type: "email", value: email, autocomplete: "email", required: true, maxLength: 254, onInput: (event) => setEmail(event.currentTarget.value) }} />
        <NewPasswordField label={t.auth.password} error={sending.at("password")} value={password} onValue={setPassword} />
        <Check label={t.auth.terms} checked={terms} onValue={setTerms} />
        <Check label={t.auth.kvkk} checked={kvkk} onValue={setKvkk} />
        {warned && (!terms || !kvkk) && <p class="field-error" role="alert">{t.auth.mustAccept}</p>}
        <FailureText failure={sending.failure} />
        {blocked && <p class="notice bad" role="alert">{t.auth.recaptchaBlocked}</p>}
        {config && <p class="muted">{t.auth.consentVersion(config.consent_version)}{config.recaptcha_site_key && ` · ${t.auth.recaptchaNote}`}</p>}
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
