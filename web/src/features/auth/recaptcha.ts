// reCAPTCHA v3, where the stage asks for it: its script is loaded on the page of registration alone, and only when there is a site key.
const SCRIPT = "https://www.google.com/recaptcha/api.js";
const PATIENCE_MS = 15_000;
const ACTION = "register";

interface Verifier {
  ready(then: () => void): void;
  execute(key: string, asked: { action: string }): Promise<string>;
}

/** The check gave no token: a blocker, a network that does not let it through, or a verifier that refused. */
export class Blocked extends Error {}

let loading: Promise<Verifier> | null = null;

function patient<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function loaded(key: string): Promise<Verifier> {
  loading ??= new Promise<Verifier>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${SCRIPT}?render=${encodeURIComponent(key)}`;
    script.onerror = () => reject(new Error("the script is blocked"));
    script.onload = () => {
      const verifier = (globalThis as { grecaptcha?: Verifier }).grecaptcha;
      if (verifier) verifier.ready(() => resolve(verifier));
      else reject(new Error("the script is another one"));
    };
    document.head.append(script);
  });
  return loading;
}

/** A token for one registration; raises Blocked where there is no way to one. The next try loads the script again. */
export async function proof(key: string): Promise<string> {
  try {
    return await patient(loaded(key).then((verifier) => verifier.execute(key, { action: ACTION })));
  } catch (error) {
    loading = null;
    throw new Blocked(String(error));
  }
}
