import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { texts } from "../i18n/texts";

interface Props {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  sheet?: boolean;
  wide?: boolean;
}

/** A modal dialog of the platform itself: it keeps the focus and closes with Escape. */
export function Dialog({ title, onClose, children, sheet, wide }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current!;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, []);
  const classes = ["dialog", sheet && "sheet", wide && "wide"].filter(Boolean).join(" ");
  return (
    <dialog ref={element} class={classes} aria-label={title} onCancel={(event) => (event.preventDefault(), onClose())} onClick={(event) => event.target === element.current && onClose()}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{title}</h2>
          <button type="button" class="icon-button" aria-label={texts.value.common.close} onClick={onClose}>✕</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

export function Confirm({ title, children, action, danger, onYes, onNo, busy }: { title: string; children: ComponentChildren; action: string; danger?: boolean; onYes(): void; onNo(): void; busy?: boolean }) {
  const t = texts.value;
  return (
    <Dialog title={title} onClose={onNo}>
      {children}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onNo}>{t.common.cancel}</button>
        <button type="button" class={danger ? "button danger" : "button primary"} disabled={busy} onClick={onYes}>{action}</button>
      </footer>
    </Dialog>
  );
}
