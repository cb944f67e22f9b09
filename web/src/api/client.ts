// One way to ask the platform: token, trace id, problem documents as Failure, one refresh after an expired token, step-up after AUTH_003.
import { Failure, offline, type Problem } from "./failure";

export interface Asked {
  body?: unknown;
  query?: Record<string, string | number | undefined | null>;
  headers?: Record<string, string>;
  /** Sent without a token, and never repeated after a refresh. */
  open?: boolean;
  signal?: AbortSignal;
}

interface Session {
  token(): string;
  renew(): Promise<boolean>;
  stepUp(): Promise<boolean>;
}

const PATIENCE_MS = 35_000;
let session: Session = { token: () => "", renew: async () => false, stepUp: async () => false };

export function useSession(given: Session): void {
  session = given;
}

function address(path: string, query: Asked["query"]): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : path;
}

async function problemOf(answer: Response): Promise<Failure> {
  const wait = Number(answer.headers.get("retry-after") ?? 0) || 0;
  try {
    return new Failure((await answer.json()) as Problem, wait);
  } catch {
    const text = `HTTP ${answer.status}`;
    return new Failure({ code: text, status: answer.status, title: text, message: text }, wait);
  }
}

async function once(method: string, path: string, asked: Asked): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...asked.headers };
  const token = asked.open ? "" : session.token();
  if (token) headers.authorization = `Bearer ${token}`;
  const form = asked.body instanceof FormData;
  if (asked.body !== undefined && !form) headers["content-type"] = "application/json";
  const limit = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(address(path, asked.query), {
      method,
      headers,
      body: asked.body === undefined ? null : form ? (asked.body as FormData) : JSON.stringify(asked.body),
      signal: asked.signal ? AbortSignal.any([asked.signal, limit]) : limit,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw offline();
  }
}

async function sent(method: string, path: string, asked: Asked): Promise<Response> {
  let answer = await once(method, path, asked);
  if (answer.status === 401 && !asked.open) {
    const failure = await problemOf(answer);
    if (["INVALID_TOKEN", "UNAUTHORIZED"].includes(failure.code) && (await session.renew())) answer = await once(method, path, asked);
    else throw failure;
  }
  if (!answer.ok) {
    const failure = await problemOf(answer);
    if (failure.code === "AUTH_003" && !asked.open && (await session.stepUp())) {
      answer = await once(method, path, asked);
      if (answer.ok) return answer;
      throw await problemOf(answer);
    }
    throw failure;
  }
  return answer;
}

export async function ask<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
  const answer = await sent(method, path, asked);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** A file of the API, for a request that accepts its type. */
export async function askFile(path: string, type: string, query?: Asked["query"]): Promise<Blob> {
  return (await sent("GET", path, { headers: { accept: type }, ...(query && { query }) })).blob();
}

export const get = <T>(path: string, query?: Asked["query"]): Promise<T> => ask<T>("GET", path, query ? { query } : {});
export const post = <T>(path: string, body?: unknown): Promise<T> => ask<T>("POST", path, body === undefined ? {} : { body });
export const put = <T>(path: string, body: unknown): Promise<T> => ask<T>("PUT", path, { body });
export const del = (path: string): Promise<void> => ask<void>("DELETE", path);
