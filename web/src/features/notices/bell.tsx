// The way to the notices, with how many are unread; a new one is read out once.
import { segments } from "../../app/router";
import { texts } from "../../i18n/texts";
import { newest, unread } from "../../live/notices";
import { wordsOf } from "./words";

const MOST = 99;

export function Bell() {
  const t = texts.value.notices;
  const count = unread.value;
  return (
    <>
      <a class="icon-button bell" href="/bildirimler" aria-label={t.bell(count)} title={t.bell(count)} aria-current={segments.value[0] === "bildirimler" ? "page" : undefined}>
        <svg viewBox="0 0 24 24" width="19" height="19" aria-hidden="true"><path d="M12 3a6 6 0 0 0-6 6v4.2L4.4 16.6c-.3.6.1 1.4.9 1.4h13.4c.8 0 1.2-.8.9-1.4L18 13.2V9a6 6 0 0 0-6-6Zm-2.4 16.5a2.5 2.5 0 0 0 4.8 0Z" /></svg>
        {count > 0 && <span class="bell-count" aria-hidden="true">{count > MOST ? `${MOST}+` : count}</span>}
      </a>
      <span class="hidden-visually" role="status">{newest.value && wordsOf(newest.value)[0]}</span>
    </>
  );
}
