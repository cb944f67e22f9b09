import { useState } from "preact/hooks";
import { post } from "../../api/client";
import { go, search } from "../../app/router";
import { texts } from "../../i18n/texts";
import { login, secondStep } from "../../session/session";
import { useSending } from "../../ui/form";
import { Check, FailureText, Field, PasswordField } from "../../ui/parts";
import { AuthPage, LocalMail } from "./layout";

function onward(): string {
  const wanted = new URLSearchParams(search.value).get("next") ?? "";
  return /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}

export function Login() {
  const t = texts.value;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [challenge, setChallenge] = useState("");
  const [code, setCode] = useState("");
  const [trust, setTrust] = useState(false);
  const [resent, setResent] = useState(false);
  const sending = useSending();
  const leave = () => go(onward(), true);
  async function first(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      const needed = await login(email.trim(), password);
      if (needed) setChallenge(needed.challenge_token);
      else leave();
    });
  }
  async function second(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      await secondStep(challenge, code.trim(), trust);
      leave();
    });
  }
  if (challenge) {
    return (
      <AuthPage title={t.auth.secondTitle}>
        <form class="form" onSubmit={second}>
          <Field label={t.auth.code} hint={t.auth.codeHint} input={{ value: code, autocomplete: "one-time-code", required: true, maxLength: 32, autofocus: true, onInput: (event) => setCode(event.currentTarget.value) }} />
          <Check label={t.auth.trustDevice} checked={trust} onValue={setTrust} />
          <FailureText failure={sending.failure} />
          <button class="button primary big" disabled={sending.busy}>{t.common.confirm}</button>
          <button type="button" class="button ghost" onClick={() => setChallenge("")}>{t.common.back}</button>
        </form>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t.auth.loginTitle}>
      <form class="form" onSubmit={first}>
        <Field label={t.auth.email} input={{ type: "email", value: email, autocomplete: "username", required: true, maxLength: 254, onInput: (event) => setEmail(event.currentTarget.value) }} />
        <PasswordField label={t.auth.password} value={password} onValue={setPassword} autocomplete="current-password" />
        <FailureText failure={sending.failure} />
        {sending.failure?.code === "AUTH_002" && (
          <button type="button" class="button" onClick={() => void post("/api/auth/resend-verification", { email: email.trim() }).then(() => setResent(true))}>{resent ? t.auth.resent : t.auth.resend}</button>
        )}
        {sending.failure?.code === "AUTH_002" && <LocalMail email={email} />}
        <button class="button primary big" disabled={sending.busy}>{t.common.login}</button>
        <p class="form-links"><a href="/reset-password">{t.auth.forgot}</a> <span>{t.auth.noAccount} <a href="/kayit">{t.common.register}</a></span></p>
      </form>
    </AuthPage>
  );
}
