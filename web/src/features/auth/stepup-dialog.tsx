import { useState } from "preact/hooks";
import { post } from "../../api/client";
import { texts } from "../../i18n/texts";
import { waiting } from "../../session/stepup";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { FailureText, Field } from "../../ui/parts";

/** The second factor once more, for the request that waits for it. */
export function StepUp() {
  const t = texts.value;
  const [code, setCode] = useState("");
  const sending = useSending();
  const end = (done: boolean) => waiting.value?.(done);
  async function send(event: Event) {
    event.preventDefault();
    if (await sending.run(() => post("/api/auth/2fa/verify", { code: code.trim() }))) end(true);
  }
  return (
    <Dialog title={t.auth.secondTitle} onClose={() => end(false)}>
      <form class="form" onSubmit={send}>
        <p>{t.auth.stepUp}</p>
        <Field label={t.auth.code} input={{ value: code, autocomplete: "one-time-code", inputMode: "numeric", required: true, maxLength: 32, onInput: (event) => setCode(event.currentTarget.value) }} />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.confirm}</button>
      </form>
    </Dialog>
  );
}
