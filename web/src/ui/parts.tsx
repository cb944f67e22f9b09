// Small parts that every page uses.
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId, useState } from "preact/hooks";
import type { Failure } from "../api/failure";
import type { Loaded } from "../api/load";
import { texts } from "../i18n/texts";
import { money } from "../money/format";
import { moment, utc } from "./time";
import { toast } from "./toast";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  suffix?: ComponentChildren;
  input: InputHTMLAttributes<HTMLInputElement>;
}

/** A labelled input; its error is said with it. */
export function Field({ label, hint, error, suffix, input }: FieldProps) {
  const own = useId();
  const id = (input.id as string | undefined) ?? own;
  const about = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div class={error ? "field bad" : "field"}>
      <label for={id}>{label}</label>
      <div class="field-box">
        <input {...input} id={id} aria-invalid={error ? true : undefined} aria-describedby={about || undefined} />
        {suffix && <span class="suffix">{suffix}</span>}
      </div>
      {error && <p class="field-error" id={`${id}-error`}>{error}</p>}
      {hint && <p class="field-hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

export function PasswordField({ label, value, onValue, autocomplete, error, hint }: { label: string; value: string; onValue(text: string): void; autocomplete: string; error?: string | null; hint?: string }) {
  const [shown, show] = useState(false);
  const t = texts.value.auth;
  const eye = (
    <button type="button" class="icon-button" aria-label={shown ? t.hidePassword : t.showPassword} aria-pressed={shown} onClick={() => show(!shown)}>
      {shown ? "◉" : "○"}
    </button>
  );
  return <Field label={label} error={error} hint={hint} suffix={eye} input={{ type: (shown ? "text" : "password") as "password", value, autocomplete, required: true, maxLength: 128, onInput: (event) => onValue(event.currentTarget.value) }} />;
}

export function Select({ label, value, options, onValue, hideLabel }: { label: string; value: string; options: readonly (readonly [string, string])[]; onValue(value: string): void; hideLabel?: boolean }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={hideLabel ? "hidden-visually" : undefined}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </div>
  );
}

export function Check({ label, checked, onValue }: { label: ComponentChildren; checked: boolean; onValue(on: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onValue(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** Tabs by the pattern of the ARIA practices: arrows move, the chosen one is in the tab order. */
export function Tabs<T extends string>({ label, tabs, value, onValue, small }: { label: string; tabs: readonly (readonly [T, string])[]; value: NoInfer<T>; onValue: (value: NoInfer<T>) => void; small?: boolean }) {
  function move(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex(([key]) => key === value);
    const next = tabs[(at + step + tabs.length) % tabs.length]!;
    onValue(next[0]);
    const list = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]");
    list[(at + step + tabs.length) % tabs.length]?.focus();
  }
  return (
    <div role="tablist" aria-label={label} class={small ? "tabs small" : "tabs"} onKeyDown={move}>
      {tabs.map(([key, text]) => (
        <button key={key} type="button" role="tab" aria-selected={key === value} tabIndex={key === value ? 0 : -1} onClick={() => onValue(key)}>{text}</button>
      ))}
    </div>
  );
}

const FIGURES = ["required", "available", "lowest", "highest", "minimum", "maximum"] as const;

/** What a refusal says: its words, its figures, and how to refer to it. */
export function FailureText({ failure, asset = "" }: { failure: Failure | null; asset?: string }) {
  if (!failure) return null;
  const t = texts.value.error;
  const unit = String(failure.problem.asset ?? asset);
  return (
    <div class="failure" role="alert">
      <strong>{failure.text()}</strong>
      {FIGURES.filter((name) => typeof failure.problem[name] === "string").map((name) => <span key={name}>{t[name](unit ? money(String(failure.problem[name]), unit) : String(failure.problem[name]))}</span>)}
      {failure.elsewhere().map((each) => <span key={each.field}>{each.field}: {each.text}</span>)}
      {failure.retryAfter > 0 && <span>{t.wait(failure.retryAfter)}</span>}
      <small>{failure.code}{failure.problem.trace_id && ` · ${failure.problem.trace_id}`}</small>
    </div>
  );
}

/** A list or page that is being loaded, has failed, is empty, or is there. */
export function Shown<T>({ state, empty, isEmpty, rows = 4, onRetry, children }: { state: Loaded<T>; empty?: string; isEmpty?: (data: T) => boolean; rows?: number; onRetry?: () => void; children: (data: T) => ComponentChildren }) {
  const t = texts.value.common;
  const failed = state.failure && (
    <div class="notice bad">
      <FailureText failure={state.failure} />
      {onRetry && <button type="button" class="button small" onClick={onRetry}>{t.retry}</button>}
    </div>
  );
  if (state.data === null) return failed ? <>{failed}</> : <div class="skeleton" aria-busy="true" aria-label={t.loading}>{Array.from({ length: rows }, (_, at) => <span key={at} />)}</div>;
  return (
    <>
      {failed}
      {empty && isEmpty?.(state.data) ? <p class="empty">{empty}</p> : children(state.data)}
    </>
  );
}

export function Moment({ at }: { at: string | null | undefined }) {
  return at ? <time dateTime={at} title={utc(at)}>{moment(at)}</time> : <>—</>;
}

export function Copy({ text, label }: { text: string; label?: string }) {
  const t = texts.value.common;
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      toast(t.copied, "good");
    } catch {
      toast(text);
    }
  }
  return <button type="button" class="button small" aria-label={label ? `${t.copy}: ${label}` : undefined} onClick={copy}>{t.copy}</button>;
}

/** A value with its name, as in a list of details. */
export function Fact({ name, children, strong }: { name: ComponentChildren; children: ComponentChildren; strong?: boolean }) {
  return <div class={strong ? "fact strong" : "fact"}><dt>{name}</dt><dd>{children}</dd></div>;
}

export function Card({ title, actions, children, class: more = "" }: { title?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`card ${more}`}>
      {(title || actions) && <header class="card-head">{title && <h2>{title}</h2>}{actions}</header>}
      {children}
    </section>
  );
}
