// A form that sends once: disarmed while it is under way, with what went wrong.
import { useState } from "preact/hooks";
import { Failure, failureOf } from "../api/failure";

export interface Sending {
  busy: boolean;
  failure: Failure | null;
  /** What the answer says of a field, by the API's name. */
  at(field: string): string | null;
  run(work: () => Promise<void>): Promise<boolean>;
  clear(): void;
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  return {
    busy,
    failure,
    at: (field) => failure?.at(field) ?? null,
    clear: () => setFailure(null),
    async run(work) {
      if (busy) return false;
      setBusy(true);
      setFailure(null);
      try {
        await work();
        return true;
      } catch (error) {
        setFailure(failureOf(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
