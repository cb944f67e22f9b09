import { useEffect, useState } from "preact/hooks";
import { ask, get, post } from "../../api/client";
import { useResource } from "../../api/load";
import type { BankAccount, CryptoAddress, FiatDeposit, Listed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { money } from "../../money/format";
import { readAmount } from "../../money/typed";
import { wire } from "../../money/units";
import { useSending } from "../../ui/form";
import { Card, Copy, FailureText, Fact, Field } from "../../ui/parts";
import { moment } from "../../ui/time";
import { isLocal } from "../auth/layout";
import { AssetTabs } from "./assets";
import { Banks } from "./banks";
import { CryptoDeposits, FiatDeposits } from "./lists";
import { NetworkChoice, useNetworks } from "./networks";

export function Deposit({ asset }: { asset: string }) {
  const t = texts.value;
  useEffect(() => void (document.title = `${t.wallet.depositTitle(asset)} · ${t.brand}`), [t, asset]);
  return (
    <div class="page narrow">
      <p><a href="/cuzdan">← {t.wallet.title}</a></p>
      <h1>{t.wallet.depositTitle(asset)}</h1>
      <AssetTabs asset={asset} action="yatir" />
      {asset === "TRY" ? <FiatDepositForm /> : <CryptoDepositForm key={asset} asset={asset} />}
    </div>
  );
}

function FiatDepositForm() {
  const t = texts.value;
  const banks = useResource(() => get<Listed<BankAccount>>("/api/wallet/bank-accounts"));
  const [chosen, choose] = useState("");
  const [text, setText] = useState("");
  const [made, setMade] = useState<FiatDeposit | null>(null);
  const [key] = useState(() => crypto.randomUUID());
  const [turn, setTurn] = useState(0);
  const sending = useSending();
  const bank = chosen || banks.state.value.data?.data[0]?.id || "";
  const value = readAmount(text).units;
  async function send(event: Event) {
    event.preventDefault();
    if (!bank || !value) return;
    await sending.run(async () => {
      setMade(await ask<FiatDeposit>("POST", "/api/wallet/deposit/fiat", { body: { amount: wire(value, 2), fiat_account_id: bank }, headers: { "Idempotency-Key": `${key}-${bank}-${wire(value)}` } }));
      setTurn(turn + 1);
    });
  }
  const command = made ? `.venv/bin/mycrypto simulate bank-transfer --reference ${made.reference} --amount ${made.amount}` : "";
  return (
    <>
      <Card>
        {made ? (
          <>
            <h2>{t.wallet.announceTitle}</h2>
            <dl class="facts copyable">
              <Fact name={t.wallet.ibanTo}><code>{made.virtual_iban}</code> <Copy text={made.virtual_iban} label={t.wallet.ibanTo} /></Fact>
              <Fact name={t.wallet.referenceTo}><code>{made.reference}</code> <Copy text={made.reference} label={t.wallet.referenceTo} /></Fact>
              <Fact name={t.wallet.amountTo}>{money(made.amount, "TRY")}</Fact>
              <Fact name={t.wallet.bankName}>{made.bank_name}</Fact>
            </dl>
            <p>{t.wallet.referenceWhy}</p>
            <p class="muted">{t.wallet.expires(moment(made.expires_at))}</p>
            {isLocal && <div class="local-hint"><p>{t.wallet.simulate}</p><p class="line"><code>{command}</code><Copy text={command} /></p></div>}
            <button type="button" class="button" onClick={() => { setMade(null); setText(""); }}>{t.common.back}</button>
          </>
        ) : (
          <form class="form" onSubmit={send}>
            <Banks found={banks} value={bank} onValue={choose} />
            <Field label={t.common.amount} suffix="TRY" error={text && !value ? t.wallet.errAmount : null} input={{ value: text, inputMode: "decimal", required: true, autocomplete: "off", onInput: (event) => setText(event.currentTarget.value) }} />
            <FailureText failure={sending.failure} asset="TRY" />
            <button class="button primary big" disabled={sending.busy || !bank || !value}>{t.wallet.announce}</button>
          </form>
        )}
      </Card>
      <Card class="flush" title={t.wallet.deposits}><FiatDeposits turn={turn} /></Card>
    </>
  );
}

function CryptoDepositForm({ asset }: { asset: string }) {
  const t = texts.value;
  const networks = useNetworks(asset);
  const [chosen, choose] = useState("");
  const network = chosen || networks?.[0]?.network || "";
  return (
    <>
      <Card>
        <NetworkChoice networks={networks} value={network} warning={t.wallet.sameNetwork} onValue={choose} />
        {networks ? <AddressOf key={network} asset={asset} network={network} /> : <div class="skeleton" aria-busy="true"><span /><span /></div>}
      </Card>
      <Card class="flush" title={t.wallet.deposits}><CryptoDeposits asset={asset} networks={networks ?? []} /></Card>
    </>
  );
}

function AddressOf({ asset, network }: { asset: string; network: string }) {
  const t = texts.value;
  const [address, setAddress] = useState<CryptoAddress | null>(null);
  const [asked, setAsked] = useState(false);
  const sending = useSending();
  useEffect(() => {
    let shown = true;
    void get<CryptoAddress>(`/api/wallet/deposit/crypto/address/${asset}`, network ? { network } : {})
      .then((found) => shown && setAddress(found))
      .catch(() => undefined)
      .finally(() => shown && setAsked(true));
    return () => void (shown = false);
  }, [asset, network]);
  const command = address ? `.venv/bin/mycrypto simulate chain-deposit --address ${address.address} --currency ${asset} --network ${address.network} --amount ${asset === "USDT" ? "500" : "0.5"}` : "";
  return (
    <>
      {address ? (
        <div class="deposit-address">
          {address.qr_code_url.startsWith("data:") && <img class="qr" src={address.qr_code_url} alt={t.wallet.qr} width="180" height="180" />}
          <div>
            <p class="notice warn">{t.wallet.networkWarn(asset, address.network)}</p>
            <dl class="facts copyable">
              <Fact name={t.wallet.network}>{address.network}</Fact>
              <Fact name={t.wallet.address}><code class="address">{address.address}</code> <Copy text={address.address} label={t.wallet.address} /></Fact>
              <Fact name={t.common.amount}>{t.wallet.minimum(money(address.minimum_amount, asset))}</Fact>
            </dl>
            <p class="muted">{t.wallet.needConfirmations(address.required_confirmations)}</p>
            {isLocal && <div class="local-hint"><p>{t.wallet.simulateChain}</p><p class="line"><code>{command}</code><Copy text={command} /></p></div>}
          </div>
        </div>
      ) : !asked ? <div class="skeleton" aria-busy="true"><span /><span /></div> : (
        <>
          <FailureText failure={sending.failure} />
          <button type="button" class="button primary big" disabled={sending.busy} onClick={() => void sending.run(async () => setAddress(await post<CryptoAddress>("/api/wallet/deposit/crypto", network ? { currency: asset, network } : { currency: asset })))}>{t.wallet.getAddress}</button>
        </>
      )}
    </>
  );
}
