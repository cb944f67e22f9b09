// Who is signed in. The access token lives in memory only; the refresh token is a cookie that no script can read.
import { computed, signal } from "@preact/signals";
import { ask, useSession } from "../api/client";
import { Failure } from "../api/failure";
import type { Profile, SecondFactorNeeded, TokenPair } from "../api/types";
import { remember } from "../app/prefs";
import { texts } from "../i18n/texts";
import { toast } from "../ui/toast";
import { askStepUp } from "./stepup";

export const WEB = { "X-MyCrypto-Web": "1" } as const;
const EARLY_MS = 60_000;

export const token = signal("");
export const profile = signal<Profile | null>(null);
/** False until the page knows whether there is a session. */
export const known = signal(false);
export const signedIn = computed(() => token.value !== "");
export const isStaff = computed(() => (profile.value?.roles ?? []).some((role) => role !== "USER"));
export const isAdmin = computed(() => (profile.value?.roles ?? []).includes("ADMIN"));

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("mycrypto.session") : null;
let timer = 0;
let renewing: Promise<boolean> | null = null;
/** How long the platform asks to wait before the next refresh; 0 unless the last one was one too many. */
let waitMs = 0;

function enter(pair: TokenPair): void {
  token.value = pair.access_token;
  remember("session", "yes");
  clearTimeout(timer);
  timer = window.setTimeout(() => void renew(), pair.expires_in * 1_000 - EARLY_MS);
}

function leave(): void {
  clearTimeout(timer);
  token.value = "";
  profile.value = null;
  remember("session", "no");
}

export async function loadProfile(): Promise<void> {
  profile.value = await ask<Profile>("GET", "/api/auth/profile");
}

async function refresh(): Promise<boolean> {
  waitMs = 0;
  try {
    enter(await ask<TokenPair>("POST", "/api/auth/refresh", { body: { session: "cookie" }, headers: WEB, open: true }));
    return true;
  } catch (error) {
    if (error instanceof Failure && error.status === 429) waitMs = Math.max(1, error.retryAfter) * 1_000;
    else if (error instanceof Failure && !error.unknown) {
      if (token.value) toast(texts.value.live.ended, "bad");
      leave();
    }
    return false;
  }
}

/** A new access token; one refresh at a time, over all tabs. */
export function renew(): Promise<boolean> {
  renewing ??= (async () => {
    try {
      return await ("locks" in navigator ? navigator.locks.request("mycrypto.refresh", refresh) : refresh());
    } finally {
      renewing = null;
    }
  })();
  return renewing;
}

export async function login(email: string, password: string): Promise<SecondFactorNeeded | null> {
  const body = { email, password, session: "cookie" };
  const answer = await ask<TokenPair | SecondFactorNeeded>("POST", "/api/auth/login", { body, headers: WEB, open: true });
  if ("challenge_token" in answer) return answer;
  await entered(answer);
  return null;
}

export async function secondStep(challenge: string, code: string, trust: boolean): Promise<void> {
  const body = { challenge_token: challenge, code, session: "cookie", trust_device: trust };
  await entered(await ask<TokenPair>("POST", "/api/auth/2fa/verify", { body, headers: WEB, open: true }));
}

async function entered(pair: TokenPair): Promise<void> {
  enter(pair);
  channel?.postMessage("in");
  await loadProfile();
}

export async function logout(everywhere = false): Promise<void> {
  try {
    await ask("POST", "/api/auth/logout", { body: { all_devices: everywhere }, headers: WEB });
  } finally {
    leave();
    channel?.postMessage("out");
  }
}

/** The session of before, if the cookie still opens it. Who loads pages too often is asked to wait, and is not signed out. */
export async function resume(): Promise<void> {
  let before: string | null = "yes";
  try {
    before = localStorage.getItem("mycrypto.session");
  } catch {
    // storage is off: ask
  }
  if (before === "yes") {
    let open = await renew();
    while (!open && waitMs) {
      await new Promise((done) => setTimeout(done, waitMs));
      open = await renew();
    }
    if (open) await loadProfile().catch(() => undefined);
  }
  known.value = true;
}

channel?.addEventListener("message", (event) => {
  if (event.data === "out") leave();
  else if (!token.value) void renew().then((done) => (done ? loadProfile() : undefined));
});

useSession({ token: () => token.value, renew, stepUp: askStepUp });
