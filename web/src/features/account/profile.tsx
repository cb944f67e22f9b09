import { useState } from "preact/hooks";
import { ask } from "../../api/client";
import type { Profile } from "../../api/types";
import { texts } from "../../i18n/texts";
import { profile } from "../../session/session";
import { useSending } from "../../ui/form";
import { Card, Copy, FailureText, Fact, Field, Moment, PasswordField } from "../../ui/parts";
import { toast } from "../../ui/toast";

export function ProfileCard() {
  const t = texts.value;
  const mine = profile.value;
  const [phone, setPhone] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  if (!mine) return null;
  async function send(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      profile.value = await ask<Profile>("PUT", "/api/auth/profile", { body: { phone: phone.trim() || null, password } });
      setPassword("");
      toast(t.account.saved, "good");
    });
  }
  return (
    <>
      <Card title={t.account.profileTitle}>
        <dl class="facts">
          <Fact name={t.account.email}>{mine.email} {mine.email_verified && <span class="badge good">✓</span>}</Fact>
          <Fact name={t.account.id}><code>{mine.id}</code> <Copy text={mine.id} label={t.account.id} /></Fact>
          <Fact name={t.account.phone}>{mine.phone ?? "—"}</Fact>
          <Fact name={t.account.tier}>{mine.rate_limit_tier}</Fact>
          <Fact name={t.account.level}>{mine.kyc.level} · {t.account.kycStatus[mine.kyc.status] ?? mine.kyc.status}</Fact>
          <Fact name={t.account.twoFactor}><span class={mine.two_factor_enabled ? "badge good" : "badge warn"}>{mine.two_factor_enabled ? t.account.on : t.account.off}</span></Fact>
          <Fact name={t.account.created}><Moment at={mine.created_at} /></Fact>
          <Fact name={t.account.lastLogin}><Moment at={mine.last_login_at} /></Fact>
        </dl>
      </Card>
      <Card title={t.account.changePhone}>
        <form class="form" onSubmit={send}>
          <Field label={t.account.phone} error={sending.at("phone")} hint={t.account.phoneHint} input={{ type: "tel", value: phone, autocomplete: "tel", maxLength: 20, onInput: (event) => setPhone(event.currentTarget.value) }} />
          <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
          <FailureText failure={sending.failure} />
          <button class="button primary" disabled={sending.busy}>{t.common.save}</button>
        </form>
      </Card>
    </>
  );
}
