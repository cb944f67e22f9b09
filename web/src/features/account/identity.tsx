import { useState } from "preact/hooks";
import { ask, get } from "../../api/client";
import { useResource } from "../../api/load";
import type { KycStatus, WalletLimits } from "../../api/types";
import { texts } from "../../i18n/texts";
import { profile } from "../../session/session";
import { money } from "../../money/format";
import { useSending } from "../../ui/form";
import { Card, FailureText, Fact, Field, Moment, Select, Shown } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { smaller } from "./pictures";

const BUSY = ["PENDING", "IN_REVIEW"];

export function Identity() {
  const t = texts.value;
  const found = useResource(() => get<KycStatus>("/api/auth/kyc/status"));
  const limits = useResource(() => get<WalletLimits>("/api/wallet/limits"));
  const level = profile.value?.kyc.level ?? 0;
  return (
    <>
      <Card title={t.account.kycTitle}>
        <p>{t.account.kycLead}</p>
        <Shown state={found.state.value} onRetry={found.reload} rows={2}>
          {(state) => (
            <>
              <dl class="facts">
                <Fact name={t.account.level}>{level}</Fact>
                <Fact name={t.common.status}><span class={state.status === "APPROVED" ? "badge good" : state.status === "REJECTED" ? "badge bad" : "badge"}>{t.account.kycStatus[state.status] ?? state.status}</span></Fact>
                {state.submitted_at && <Fact name={t.common.date}><Moment at={state.submitted_at} /></Fact>}
              </dl>
              {state.rejection_reason && <p class="notice bad">{t.account.rejected(state.rejection_reason)}</p>}
              {BUSY.includes(state.status) && !!state.estimated_hours && <p class="muted">{t.account.hours(state.estimated_hours)}</p>}
              {!BUSY.includes(state.status) && level < 2 && <Application level={level} onDone={() => void found.reload()} />}
            </>
          )}
        </Shown>
      </Card>
      <Card title={t.account.limits} class="flush">
        <Shown state={limits.state.value} onRetry={limits.reload} rows={2}>
          {(found_) => (
            <table class="table">
              <thead><tr><th></th><th class="num">{t.account.daily}</th><th class="num">{t.account.monthly}</th></tr></thead>
              <tbody>
                {([["deposit", t.account.depositLimit], ["withdrawal", t.account.withdrawLimit]] as const).map(([name, text]) => (
                  <tr key={name}>
                    <th scope="row">{text}</th>
                    {(["day", "month"] as const).map((span) => { const use = found_[name][span]; return <td class="num" key={span}>{use.limit === null ? t.account.unlimited : <>{money(use.used, found_.currency)} <span class="muted">/ {money(use.limit, found_.currency)}</span></>}</td>; })}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Shown>
      </Card>
    </>
  );
}

function Application({ level, onDone }: { level: number; onDone(): void }) {
  const t = texts.value;
  const [wanted, setWanted] = useState(level < 1 ? "LEVEL_1" : "LEVEL_2");
  const sending = useSending();
  async function send(event: SubmitEvent) {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const ok = await sending.run(async () => {
      const form = new FormData();
      form.set("level", wanted);
      for (const name of ["first_name", "last_name", "tc_kimlik_no", "date_of_birth", "phone"]) form.set(name, String(given.get(name) ?? "").trim());
      for (const name of ["id_front", "id_back", "selfie", "address_proof"]) {
        const file = given.get(name);
        if (file instanceof File && file.size) form.set(name, await smaller(file), `${name}.jpg`);
      }
      await ask("POST", "/api/auth/kyc/submit", { body: form });
    });
    if (ok) {
      toast(t.account.submitted, "good");
      onDone();
    }
  }
  const picture = (name: string, label: string) => <Field label={label} error={sending.at(name)} hint={t.account.pictureHint} input={{ type: "file", name, accept: "image/jpeg,image/png", required: true }} />;
  return (
    <form class="form" onSubmit={send}>
      <hr class="rule" />
      <Select label={t.account.applyLevel} value={wanted} options={(level < 1 ? ["LEVEL_1", "LEVEL_2"] : ["LEVEL_2"]).map((each) => [each, each.slice(-1)] as const)} onValue={setWanted} />
      <Field label={t.account.firstName} error={sending.at("first_name")} input={{ name: "first_name", required: true, minLength: 2, maxLength: 100, autocomplete: "given-name" }} />
      <Field label={t.account.lastName} error={sending.at("last_name")} input={{ name: "last_name", required: true, minLength: 2, maxLength: 100, autocomplete: "family-name" }} />
      <Field label={t.account.tc} error={sending.at("tc_kimlik_no")} input={{ name: "tc_kimlik_no", required: true, pattern: "[0-9]{11}", maxLength: 11, inputMode: "numeric", autocomplete: "off" }} />
      <Field label={t.account.birth} error={sending.at("date_of_birth")} input={{ name: "date_of_birth", type: "date", required: true, autocomplete: "bday" }} />
      <Field label={t.account.phone} error={sending.at("phone")} hint={t.account.phoneHint} input={{ name: "phone", type: "tel", required: true, maxLength: 20, autocomplete: "tel" }} />
      {picture("id_front", t.account.front)}
      {picture("id_back", t.account.backside)}
      {picture("selfie", t.account.selfie)}
      {wanted === "LEVEL_2" && picture("address_proof", t.account.proof)}
      <FailureText failure={sending.failure} />
      <button class="button primary" disabled={sending.busy}>{t.account.submit}</button>
    </form>
  );
}
