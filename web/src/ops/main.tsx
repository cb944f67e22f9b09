import { render } from "preact";
import "../app/styles/index.css";
import "../app/prefs";
import { preferredLang, speak } from "../i18n/texts";
import { resume } from "../session/session";
import { Office } from "./office";
import { speakOffice } from "./texts";

async function start(): Promise<void> {
  const lang = preferredLang();
  await speak(lang);
  speakOffice(lang);
  void resume();
  const app = document.getElementById("app")!;
  app.textContent = "";
  render(<Office />, app);
}

void start();
