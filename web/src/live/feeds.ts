// The two sockets of the page: one public, one in the user's name while a user is signed in.
import { effect } from "@preact/signals";
import { renew, token } from "../session/session";
import { LiveSocket } from "./socket";

export const open = new LiveSocket(null);
export const own = new LiveSocket(() => token.value, renew);

effect(() => {
  if (token.value) own.start();
  else own.stop();
});
