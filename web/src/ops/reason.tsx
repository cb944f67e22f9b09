import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { texts } from "../i18n/texts";
import { Dialog } from "../ui/dialog";
import { useSending } from "../ui/form";
import { FailureText, Field } from "../ui/parts";
import { words } from "./texts";

/** A change by staff: what changes, why, and if `word` is given, typed by hand. */
export function Reasoned({ title, children, word = "", danger, send, onClose, reasonless, optional, unready }: { title: string; children?: ComponentChildren; word?: string; danger?: boolean; reasonless?: boolean; /** The reason may be left empty. */ optional?: boolean; /** Something in it is missing. */ unready?: boolean; send(reason: string): Promise<unknown>; onClose(): void }) {
  const t = texts.value;
  const w = words.value;
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const ready = !unready && (reasonless || optional || reason.trim().length > 2) && (!word || typed === word);
  async function submit(event: Event) {
    event.preventDefault();
    if (ready && (await sending.run(async () => void (await send(reason.trim()))))) onClose();
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        {children}
        {!reasonless && <Field label={optional ? w.note : w.reason} input={{ value: reason, required: !optional, maxLength: 500, onInput: (event) => setReason(event.currentTarget.value) }} />}
        {word && <Field label={w.typeToConfirm(word)} input={{ value: typed, autocomplete: "off", onInput: (event) => setTyped(event.currentTarget.value) }} />}
        <FailureText failure={sending.failure} />
        <div class="dialog-foot"><button type="button" class="button" onClick={onClose}>{t.common.cancel}</button><button class={danger ? "button danger" : "button primary"} disabled={!ready || sending.busy}>{w.apply}</button></div>
      </form>
    </Dialog>
  );
}
