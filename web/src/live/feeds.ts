// The two sockets of the page: one public, one in the user's name while a user is signed in.
import { computed, effect } from "@preact/signals";
import { renew, token } from "../session/session";
import { LiveSocket } from "./socket";

export const open = new LiveSocket(null);
export const own = new LiveSocket(() => token.value, renew);

/** Whether what the page shows of the market is what is. It is not while the socket is away, and not before it is there. */
export const isLive = computed(() => open.state.value === "live");

/** The time of the platform, as far as the page knows it: this machine's clock may be wrong. */
export const serverNow = (): number => Date.now() + open.offsetMs.peek();

effect(() => {
  if (token.value) own.start();
  else own.stop();
});
