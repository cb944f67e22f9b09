// The user's notices: the newest of them and how many are unread. They are asked for when the socket opens and when the page is looked at again;
// new ones come over the socket meanwhile.
import { effect, signal } from "@preact/signals";
import { get, post } from "../api/client";
import { failureOf, type Failure } from "../api/failure";
import type { Notice, NoticeList, NoticesRead } from "../api/types";
import { token } from "../session/session";
import { own } from "./feeds";
import type { Message } from "./socket";

const PAGE = 20;

export const unread = signal(0);
/** Newest first; null before the first answer. */
export const notices = signal<Notice[] | null>(null);
export const older = signal<string | null>(null);
export const failure = signal<Failure | null>(null);
/** The one that came last over the socket. */
export const newest = signal<Notice | null>(null);

let turn = 0;

const asked = (cursor?: string): Promise<NoticeList> => get<NoticeList>("/api/v1/notices", { limit: PAGE, cursor });

/** The first page once more: what was missed is in it, and what was read elsewhere. */
export async function loadNotices(): Promise<void> {
  if (!token.peek()) return;
  const mine = ++turn;
  try {
    const page = await asked();
    if (mine !== turn) return;
    notices.value = page.data;
    older.value = page.pagination.next_cursor;
    unread.value = page.unread;
    failure.value = null;
  } catch (error) {
    if (mine === turn) failure.value = failureOf(error);
  }
}

export async function loadOlder(): Promise<void> {
  if (!older.value) return;
  const mine = turn;
  const page = await asked(older.value);
  if (mine !== turn) return;
  const known = new Set(notices.value?.map((each) => each.id));
  notices.value = [...(notices.value ?? []), ...page.data.filter((each) => !known.has(each.id))];
  older.value = page.pagination.next_cursor;
}

function marked(isRead: (notice: Notice, at: number) => boolean): void {
  const now = new Date().toISOString();
  notices.value = notices.value?.map((each, at) => (each.read_at || !isRead(each, at) ? each : { ...each, read_at: now })) ?? null;
}

export async function markRead(id: string): Promise<void> {
  unread.value = (await post<NoticesRead>("/api/v1/notices/read", { ids: [id] })).unread;
  marked((each) => each.id === id);
}

/** The newest that is shown, and all before it; one that comes in between stays unread. */
export async function markAllRead(): Promise<void> {
  const id = notices.value?.[0]?.id;
  if (!id) return;
  unread.value = (await post<NoticesRead>("/api/v1/notices/read", { up_to: id })).unread;
  const from = notices.value?.findIndex((each) => each.id === id) ?? 0;
  marked((_, at) => at >= from);
}

function hear(message: Message): void {
  if (message.type !== "notice") return;
  const notice = message.data as Notice;
  if (notices.value?.some((each) => each.id === notice.id)) return;
  if (notices.value) notices.value = [notice, ...notices.value];
  if (!notice.read_at) unread.value += 1;
  newest.value = notice;
}

let leave: (() => void) | null = null;

effect(() => {
  if ((token.value !== "") === (leave !== null)) return;
  if (leave) {
    leave();
    leave = null;
    turn += 1;
    notices.value = newest.value = older.value = null;
    unread.value = 0;
    return;
  }
  leave = own.subscribe("notices", "", hear);
  void loadNotices();
});
own.opened.add(() => void loadNotices());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && token.peek()) void loadNotices();
});
