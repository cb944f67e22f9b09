import { render } from "preact";
import { effect } from "@preact/signals";
import "./styles/index.css";
import { lang, preferredLang, speak, texts } from "../i18n/texts";
import { open } from "../live/feeds";
import { loadMarkets } from "../live/markets";
import { resume } from "../session/session";
import { Pages } from "./pages";
import "./prefs";

async function start(): Promise<void> {
  await speak(preferredLang());
  open.start();
  void loadMarkets();
  void resume();
  effect(() => {
    lang.value;
    if (!document.title.includes("·")) document.title = texts.value.brand;
  });
  const app = document.getElementById("app")!;
  app.textContent = "";
  render(<Pages />, app);
}

// After a new version is out, parts of the old one may be gone: the page loads itself again, once.
window.addEventListener("vite:preloadError", () => {
  const last = Number(history.state?.reloaded ?? 0);
  if (Date.now() - last < 60_000) return;
  history.replaceState({ reloaded: Date.now() }, "");
  location.reload();
});

void start();
