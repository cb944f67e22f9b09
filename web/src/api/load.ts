// What a page has asked for: the last answer, when it came, and what went wrong since.
import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Failure, failureOf } from "./failure";

export interface Loaded<T> {
  data: T | null;
  failure: Failure | null;
  busy: boolean;
  at: number;
}

export interface Resource<T> {
  state: ReadonlySignal<Loaded<T>>;
  reload(): Promise<void>;
  set(data: T): void;
}

export function resource<T>(fetcher: () => Promise<T>): Resource<T> {
  const state = signal<Loaded<T>>({ data: null, failure: null, busy: false, at: 0 });
  let turn = 0;
  return {
    state,
    async reload() {
      const mine = ++turn;
      state.value = { ...state.value, busy: true };
      try {
        const data = await fetcher();
        if (mine === turn) state.value = { data, failure: null, busy: false, at: Date.now() };
      } catch (error) {
        if (mine === turn) state.value = { ...state.value, failure: failureOf(error), busy: false };
      }
    },
    set(data) {
      turn += 1;
      state.value = { data, failure: null, busy: false, at: Date.now() };
    },
  };
}

/** Load when shown, and again when a key changes; `every` seconds more often while the page is visible. */
export function useResource<T>(fetcher: () => Promise<T>, keys: readonly unknown[] = [], every = 0): Resource<T> {
  const made = useMemo(() => resource(fetcher), keys);
  useEffect(() => {
    void made.reload();
    if (!every) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) void made.reload();
    }, every * 1_000);
    return () => clearInterval(timer);
  }, [made]);
  return made;
}
