// The address that mails go to, and the word by which they are known.
import { useState } from "preact/hooks";
import { ask, post } from "../../api/client";
import type { Profile } from "../../api/types";
import { texts } from "../../i18n/texts";
import { profile } from "../../session/session";
import { useSending } from "../../ui/form";
import { Card, FailureText, Field, PasswordField } from "../../ui/parts";
import { toast } from "../../ui/toast";

export function EmailChange() {
  const t = texts.value;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [asked, setAsked] = useState(false);
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      await post("/api/auth/email-change", { new_email: email.trim(), password });
      setPassword("");
      setAsked(true);
    });
  }
  return (
    <Card title={t.account.changeEmail}>
      <form class="form" onSubmit={send}>
        <p class="muted">{t.account.changeEmailText}</p>
        <Field label={t.account.newEmail} error={sending.at("new_email")} input={{ type: "email", value: email, autocomplete: "email", required: true, maxLength: 254, onInput: (event) => setEmail(event.currentTarget.value) }} />
        <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
        {asked && <p role="status">{t.account.changeEmailSent}</p>}
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.account.changeEmail}</button>
      </form>
    </Card>
  );
}

export function MailWord() {
  const t = texts.value;
  const [word, setWord] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      profile.value = await ask<Profile>("PUT", "/api/auth/profile/anti-phishing-word", { body: { word: word.trim() || null, password } });
      setWord("");
      setPassword("");
      toast(t.account.saved, "good");
    });
  }
  return (
    <Card title={t.account.mailWord}>
      <form class="form" onSubmit={send}>
        <p class="muted">{t.account.mailWordText} {profile.value?.anti_phishing_word_set && <span class="badge good">{t.account.on}</span>}</p>
        <Field label={t.account.mailWord} error={sending.at("word")} hint={t.account.mailWordHint} input={{ value: word, autocomplete: "off", maxLength: 20, onInput: (event) => setWord(event.currentTarget.value) }} />
        <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.save}</button>
      </form>
    </Card>
  );
}
