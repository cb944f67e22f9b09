import { useEffect, useState } from "preact/hooks";
import { ask, get } from "../../api/client";
import { Failure } from "../../api/failure";
import { useResource } from "../../api/load";
import type { BankAccount, Listed, WalletBalance, WalletLimits, Withdrawal, WithdrawalFees } from "../../api/types";
import { texts } from "../../i18n/texts";
import { lang } from "../../i18n/texts";
import { profile } from "../../session/session";
import { money } from "../../money/format";
import { fieldText, readAmount } from "../../money/typed";
import { units, wire } from "../../money/units";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Card, FailureText, Fact, Field } from "../../ui/parts";
import { moment } from "../../ui/time";
import { toast } from "../../ui/toast";
import { AssetTabs } from "./assets";
import { Banks } from "./banks";
import { Withdrawals } from "./lists";
import { NetworkChoice, useNetworks } from "./networks";

export function Withdraw({ asset }: { asset: string }) {
  const t = texts.value;
  useEffect(() => void (document.title = `${t.wallet.withdrawTitle(asset)} · ${t.brand}`), [t, asset]);
  return (
    <div class="page narrow">
      <p><a href="/cuzdan">← {t.wallet.title}</a></p>
      <h1>{t.wallet.withdrawTitle(asset)}</h1>
      <AssetTabs asset={asset} action="cek" />
      <Form key={asset} asset={asset} />
    </div>
  );
}

function Form({ asset }: { asset: string }) {
  const t = texts.value;
  const fiat = asset === "TRY";
  const limits = useResource(() => get<WalletLimits>("/api/wallet/limits"));
  const balance = useResource(() => get<WalletBalance>(`/api/wallet/balance/${asset}`), [asset]);
  const networks = useNetworks(asset);
  const [picked, pick] = useState("");
  const network = picked || networks?.[0]?.network || "";
  const fees = useResource<WithdrawalFees | null>(async () => (fiat ? get<WithdrawalFees>("/api/wallet/withdraw/fiat/fees") : networks ? get<WithdrawalFees>(`/api/wallet/withdraw/crypto/fees/${asset}`, network ? { network } : {}) : null), [asset, network, networks === null]);
  const banks = useResource(async () => (fiat ? get<Listed<BankAccount>>("/api/wallet/bank-accounts") : { data: [] }), [asset]);
  const [bank, setBank] = useState("");
  const [address, setAddress] = useState("");
  const [text, setText] = useState("");
  const [review, setReview] = useState(false);
  const [turn, setTurn] = useState(0);
  const [refused, refuse] = useState<Failure | null>(null);
  const value = readAmount(text).units ?? 0n;
  const fee = units(fees.state.value.data?.total_fee);
  const have = units(balance.state.value.data?.available_balance);
  const chosen = bank || banks.state.value.data?.data.find((each) => each.is_verified)?.id || "";
  const limit = limits.state.value.data;
  const ready = fees.state.value.data !== null && value > 0n && value + fee <= have && (fiat ? chosen !== "" : address.trim() !== "");
  const left = limit?.withdrawal.day.left;
  return (
    <>
      {limit?.withdrawals_held_until && <p class="notice warn">{t.wallet.held(moment(limit.withdrawals_held_until))}</p>}
      {limit && limit.kyc_level < 2 && units(limit.withdrawal.day.limit) === 0n && limit.withdrawal.day.limit !== null && <p class="notice warn">{t.wallet.needKyc} <a href="/hesap/kimlik">{t.wallet.goKyc}</a></p>}
      {profile.value && !profile.value.two_factor_enabled && <p class="notice warn">{t.wallet.need2fa} <a href="/hesap/guvenlik">{t.wallet.open2fa}</a></p>}
      <Card>
        <form class="form" onSubmit={(event) => { event.preventDefault(); if (ready) setReview(true); }}>
          {fiat ? <><Banks found={banks} value={chosen} onValue={setBank} verifiedOnly />{banks.state.value.data && !banks.state.value.data.data.some((each) => each.is_verified) && <p class="muted">{t.wallet.needVerified}</p>}</>
            : <><NetworkChoice networks={networks} value={network} warning={t.wallet.receiverNetwork} onValue={(name) => { refuse(null); pick(name); }} /><Field label={t.wallet.destination} error={refused?.at("destination_address") ?? null} hint={fees.state.value.data ? `${t.wallet.network}: ${fees.state.value.data.network}` : undefined} input={{ value: address, required: true, maxLength: 128, autocomplete: "off", spellcheck: false, onInput: (event) => { refuse(null); setAddress(event.currentTarget.value); } }} /></>}
          <Field label={t.common.amount} suffix={<button type="button" class="button small ghost" onClick={() => setText(fieldText(wire(have > fee ? have - fee : 0n), lang.value))}>{t.wallet.all}</button>} error={value > 0n && value + fee > have ? t.trade.errFunds : null} hint={`${t.wallet.available}: ${money(have, asset)}`} input={{ value: text, inputMode: "decimal", required: true, autocomplete: "off", onInput: (event) => setText(event.currentTarget.value) }} />
          <dl class="summary">
            {fees.state.value.data && <Fact name={t.wallet.fee}>{money(fees.state.value.data.total_fee, asset)}</Fact>}
            {fees.state.value.data && <Fact name={t.common.amount}>{t.wallet.minMax(money(fees.state.value.data.minimum, asset), money(fees.state.value.data.maximum, asset))}</Fact>}
            {limit && <Fact name={t.account.limits}>{left === null || left === undefined ? t.account.unlimited : t.wallet.limitLeft(money(left, limit.currency))}</Fact>}
            <Fact strong name={t.wallet.totalDebit}>{value > 0n ? money(value + fee, asset) : "—"}</Fact>
          </dl>
          <FailureText failure={fees.state.value.failure ?? limits.state.value.failure} />
          <button class="button primary big" disabled={!ready}>{t.wallet.review}</button>
        </form>
      </Card>
      <Card class="flush" title={t.wallet.withdrawals}><Withdrawals key={turn} /></Card>
      {review && <Review asset={asset} amount={value} fee={fee} bank={chosen} address={address.trim()} network={network} onClose={() => setReview(false)} onRefused={(failure) => { setReview(false); refuse(failure); }} onDone={(made) => { setReview(false); setText(""); setTurn(turn + 1); void balance.reload(); toast(`${t.wallet.asked}: ${money(made.amount, asset)}`, "good"); }} />}
    </>
  );
}

function Review({ asset, amount, fee, bank, address, network, onClose, onRefused, onDone }: { asset: string; amount: bigint; fee: bigint; bank: string; address: string; network: string; onClose(): void; onRefused(failure: Failure): void; onDone(made: Withdrawal): void }) {
  const t = texts.value;
  const [code, setCode] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    const common = { amount: wire(amount, asset === "TRY" ? 2 : 0), two_fa_code: code.trim() };
    const [path, body] = asset === "TRY" ? ["/api/wallet/withdraw/fiat", { ...common, fiat_account_id: bank }] : ["/api/wallet/withdraw/crypto", { ...common, currency: asset, destination_address: address, ...(network && { network }) }];
    await sending.run(async () => {
      try {
        onDone(await ask<Withdrawal>("POST", path as string, { body, headers: { "Idempotency-Key": key } }));
      } catch (error) {
        if (!(error instanceof Failure && error.at("destination_address"))) throw error;
        onRefused(error);
      }
    });
  }
  return (
    <Dialog title={t.wallet.reviewTitle} onClose={onClose}>
      <form class="form" onSubmit={send}>
        <dl class="facts">
          <Fact name={t.wallet.youGet}>{money(amount, asset)}</Fact>
          {asset !== "TRY" && <Fact name={t.wallet.destination}><code class="address">{address}</code></Fact>}
          {network && <Fact name={t.wallet.network}>{network}</Fact>}
          <Fact name={t.wallet.fee}>{money(fee, asset)}</Fact>
          <Fact strong name={t.wallet.totalDebit}>{money(amount + fee, asset)}</Fact>
        </dl>
        <Field label={t.wallet.code2fa} input={{ value: code, required: true, inputMode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxLength: 6, onInput: (event) => setCode(event.currentTarget.value) }} />
        <FailureText failure={sending.failure} asset={asset} />
        <button class="button primary big" disabled={sending.busy || !/^\d{6}$/.test(code)}>{t.wallet.sendIt}</button>
      </form>
    </Dialog>
  );
}
