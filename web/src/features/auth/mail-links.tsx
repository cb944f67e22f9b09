// Pages that mails link to. The token leaves the address at once, so that it is in no history.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { EmailChangeConfirmed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { known, signedIn } from "../../session/session";
import { useSending } from "../../ui/form";
import { FailureText, Field, PasswordField } from "../../ui/parts";
import { NewPasswordField } from "./config";
import { AuthPage, LocalMail } from "./layout";

function tokenOfAddress(): string {
  const found = new URLSearchParams(location.hash.slice(1)).get("token") ?? new URLSearchParams(location.search).get("token") ?? "";
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

export function VerifyEmail() {
  const t = texts.value;
  const [token] = useState(tokenOfAddress);
  const [done, setDone] = useState(false);
  const sending = useSending();
  useEffect(() => {
    void sending.run(async () => {
      await ask("POST", "/api/auth/verify-email", { body: { token }, open: true });
      setDone(true);
    });
  }, []);
  return (
    <AuthPage title={done ? t.auth.verified : t.auth.verifying}>
      {done && <p>{t.auth.verifiedText}</p>}
      <FailureText failure={sending.failure} />
      {(done || sending.failure) && <a class="button primary big" href="/giris">{t.common.login}</a>}
    </AuthPage>
  );
}

/** The old or the new address agrees to a change; opening the link needs no session. */
export function ConfirmEmailChange() {
  const t = texts.value;
  const [token] = useState(tokenOfAddress);
  const [done, setDone] = useState<boolean | null>(null);
  const sending = useSending();
  useEffect(() => {
    void sending.run(async () => {
      const answer = await ask<EmailChangeConfirmed>("POST", "/api/auth/email-change/confirm", { body: { token }, open: true });
      setDone(answer.completed);
    });
  }, []);
  return (
    <AuthPage title={t.auth.emailChangeTitle}>
      {done !== null && <p role="status">{done ? t.auth.emailChanged : t.auth.emailChangeOther}</p>}
      <FailureText failure={sending.failure} />
      {(done || sending.failure) && <a class="button primary big" href="/giris">{t.common.login}</a>}
    </AuthPage>
  );
}

/** A withdrawal address is confirmed by its owner, signed in. */
export function ConfirmAddress() {
  const t = texts.value;
  const [done, setDone] = useState(false);
  const sending = useSending();
  const ready = known.value && signedIn.value;
  useEffect(() => {
    if (!ready || done) return;
    const token = tokenOfAddress();
    void sending.run(async () => {
      await ask("POST", "/api/wallet/whitelist/confirm", { body: { token } });
      setDone(true);
    });
  }, [ready]);
  const again = encodeURIComponent(location.pathname + location.search + location.hash);
  return (
    <AuthPage title={t.auth.addressTitle}>
      {done && <p role="status">{t.auth.addressConfirmed}</p>}
      <FailureText failure={sending.failure} />
      {known.value && !signedIn.value && <><p>{t.common.needLogin}</p><a class="button primary big" href={`/giris?next=${again}`}>{t.common.login}</a></>}
    </AuthPage>
  );
}

export function ResetPassword() {
  const [token] = useState(tokenOfAddress);
  return token ? <NewPassword token={token} /> : <AskForReset />;
}

function AskForReset() {
  const t = texts.value.auth;
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      await ask("POST", "/api/auth/password/reset", { body: { email: email.trim() }, open: true });
      setSent(true);
    });
  }
  return (
    <AuthPage title={t.resetTitle}>
      {sent ? <><p role="status">{t.resetSent}</p><LocalMail email={email} /></> : (
        <form class="form" onSubmit={send}>
          <p>{t.resetText}</p>
          <Field label={t.email} error={sending.at("email")} input={{ type: "email", value: email, autocomplete: "username", required: true, onInput: (event) => setEmail(event.currentTarget.value) }} />
          <FailureText failure={sending.failure} />
          <button class="button primary big" disabled={sending.busy}>{t.resetSend}</button>
        </form>
      )}
    </AuthPage>
  );
}

function NewPassword({ token }: { token: string }) {
  const t = texts.value;
  const [first, setFirst] = useState("");
  const [again, setAgain] = useState("");
  const [done, setDone] = useState(false);
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    if (first !== again) return;
    await sending.run(async () => {
      await ask("POST", "/api/auth/password/reset/confirm", { body: { token, new_password: first, confirm_password: again }, open: true });
      setDone(true);
    });
  }
  return (
    <AuthPage title={t.auth.resetTitle}>
      {done ? <><p role="status">{t.auth.resetDone}</p><a class="button primary big" href="/giris">{t.common.login}</a></> : (
        <form class="form" onSubmit={send}>
          <NewPasswordField label={t.auth.newPassword} error={sending.at("new_password")} value={first} onValue={setFirst} />
          <PasswordField label={t.auth.repeatPassword} value={again} onValue={setAgain} autocomplete="new-password" error={again && first !== again ? t.auth.mismatch : sending.at("confirm_password")} />
          <FailureText failure={sending.failure} />
          <button class="button primary big" disabled={sending.busy}>{t.common.save}</button>
        </form>
      )}
    </AuthPage>
  );
}
