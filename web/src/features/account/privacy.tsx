// The user's own copy of all data, and the end of the account.
import { useState } from "preact/hooks";
import { post } from "../../api/client";
import type { PersonalData } from "../../api/types";
import { go } from "../../app/router";
import { texts } from "../../i18n/texts";
import { logout } from "../../session/session";
import { Dialog } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Card, FailureText, PasswordField } from "../../ui/parts";

type Wish = "" | "copy" | "close";

export function Privacy() {
  const t = texts.value;
  const [wish, setWish] = useState<Wish>("");
  return (
    <Card title={t.account.privacy}>
      <p>{t.account.privacyText}</p>
      <p class="line">
        <button type="button" class="button" onClick={() => setWish("copy")}>{t.account.copyData}</button>
        <button type="button" class="button danger" onClick={() => setWish("close")}>{t.account.closeAccount}</button>
      </p>
      {wish && <Confirmed wish={wish} onClose={() => setWish("")} />}
    </Card>
  );
}

function Confirmed({ wish, onClose }: { wish: Wish; onClose(): void }) {
  const t = texts.value;
  const [password, setPassword] = useState("");
  const [link, setLink] = useState("");
  const sending = useSending();
  async function send(event: Event) {
    event.preventDefault();
    await sending.run(async () => {
      if (wish === "copy") return setLink((await post<PersonalData>("/api/auth/personal-data", { password })).link);
      await post("/api/auth/closure", { password });
      await logout().catch(() => undefined);
      go("/");
    });
  }
  return (
    <Dialog title={wish === "copy" ? t.account.copyData : t.account.closeAccount} onClose={onClose}>
      {link ? <p><a class="button primary" href={link} target="_blank" rel="noreferrer">{t.account.download}</a></p> : (
        <form class="form" onSubmit={send}>
          {wish === "close" && <p class="notice warn">{t.account.closeText}</p>}
          <PasswordField label={t.account.password} value={password} onValue={setPassword} autocomplete="current-password" />
          <FailureText failure={sending.failure} />
          <button class={wish === "close" ? "button danger" : "button primary"} disabled={sending.busy}>{t.common.confirm}</button>
        </form>
      )}
    </Dialog>
  );
}
