import { signal } from "@preact/signals";
import { texts } from "../i18n/texts";

interface Toast {
  id: number;
  text: string;
  kind: "good" | "bad" | "plain";
}

const toasts = signal<Toast[]>([]);
const SHOWN_MS = 6_000;
let last = 0;

export function toast(text: string, kind: Toast["kind"] = "plain"): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind }];
  setTimeout(() => drop(id), SHOWN_MS);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class={`toast ${each.kind}`}>
          <span>{each.text}</span>
          <button type="button" class="icon-button" aria-label={texts.value.common.close} onClick={() => drop(each.id)}>✕</button>
        </div>
      ))}
    </div>
  );
}
