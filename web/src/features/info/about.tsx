import { texts } from "../../i18n/texts";

export function About() {
  const t = texts.value.info;
  return (
    <div class="page narrow">
      <h1>{t.aboutTitle}</h1>
      <section class="card"><p>{t.aboutText}</p><p>{t.notice} <a href="https://www.tradingview.com/" target="_blank" rel="noopener">tradingview.com</a></p><p><a href="/yukumlulukler">{texts.value.liabilities.title}</a></p></section>
    </div>
  );
}
