import { useState } from "preact/hooks";
import { ask, post } from "../../api/client";
import type { Resource } from "../../api/load";
import type { BankAccount, Listed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { FailureText, Field, Shown } from "../../ui/parts";

/** The user's bank accounts as a choice, with a way to add and delete. */
export function Banks({ found, value, onValue, verifiedOnly }: { found: Resource<Listed<BankAccount>>; value: string; onValue(id: string): void; verifiedOnly?: boolean }) {
  const t = texts.value;
  const [adding, add] = useState(false);
  const sending = useSending();
  return (
    <fieldset class="choice">
      <legend>{t.wallet.bankAccount}</legend>
      <Shown state={found.state.value} onRetry={found.reload} rows={1}>
        {(list) => (
          <>
            {list.data.length === 0 && <p class="muted">{t.wallet.noBank}</p>}
            {list.data.map((each) => (
              <div class="choice-row" key={each.id}>
                <label class="check">
                  <input type="radio" name="bank" value={each.id} checked={value === each.id} disabled={verifiedOnly && !each.is_verified} onChange={() => onValue(each.id)} />
                  <span><strong>{each.bank_name}</strong> <code>{each.iban}</code><br /><small class="muted">{each.account_holder_name} · {each.is_verified ? `✓ ${t.wallet.verified}` : t.wallet.unverified}</small></span>
                </label>
                <button type="button" class="icon-button" aria-label={`${t.wallet.removeBank}: ${each.bank_name}`} onClick={() => void sending.run(async () => { await ask("DELETE", `/api/wallet/bank-accounts/${each.id}`); await found.reload(); })}>✕</button>
              </div>
            ))}
          </>
        )}
      </Shown>
      <FailureText failure={sending.failure} />
      <button type="button" class="button small" onClick={() => add(true)}>+ {t.wallet.addBank}</button>
      {adding && <AddBank onClose={() => add(false)} onDone={(made) => { add(false); onValue(made.id); void found.reload(); }} />}
    </fieldset>
  );
}

function AddBank({ onClose, onDone }: { onClose(): void; onDone(made: BankAccount): void }) {
  const t = texts.value;
  const [bank, setBank] = useState("");
  const [holder, setHolder] = useState("");
  const [iban, setIban] = useState("");
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    event.stopPropagation();
    await sending.run(async () => onDone(await post<BankAccount>("/api/wallet/bank-accounts", { bank_name: bank.trim(), account_holder_name: holder.trim(), iban: iban.replace(/\s/g, "").toUpperCase() })));
  }
  return (
    <Dialog title={t.wallet.addBank} onClose={onClose}>
      <form class="form" onSubmit={send}>
        <Field label={t.wallet.bankName} error={sending.at("bank_name")} input={{ value: bank, required: true, maxLength: 100, onInput: (event) => setBank(event.currentTarget.value) }} />
        <Field label={t.wallet.holder} error={sending.at("account_holder_name")} input={{ value: holder, required: true, maxLength: 100, autocomplete: "name", onInput: (event) => setHolder(event.currentTarget.value) }} />
        <Field label={t.wallet.iban} error={sending.at("iban")} hint={t.wallet.ibanHint} input={{ value: iban, required: true, maxLength: 34, spellcheck: false, placeholder: "TR", onInput: (event) => setIban(event.currentTarget.value) }} />
        <FailureText failure={sending.failure} />
        <button class="button primary" disabled={sending.busy}>{t.common.save}</button>
      </form>
    </Dialog>
  );
}
