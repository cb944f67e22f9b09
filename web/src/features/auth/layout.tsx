import type { ComponentChildren } from "preact";
import { texts } from "../../i18n/texts";

export function AuthPage({ title, children }: { title: string; children: ComponentChildren }) {
  const t = texts.value.auth;
  return (
    <div class="auth">
      <aside class="auth-pitch" aria-hidden="true">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <p class="pitch">{t.pitch}</p>
        <p>{t.pitchText}</p>
        <ul><li>{t.pitch1}</li><li>{t.pitch2}</li><li>{t.pitch3}</li></ul>
      </aside>
      <section class="card auth-card">
        <h1>{title}</h1>
        {children}
      </section>
    </div>
  );
}

export const isLocal = ["localhost", "127.0.0.1"].includes(location.hostname);

export function LocalMail({ email }: { email: string }) {
  if (!isLocal) return null;
  return <p class="local-hint"><a href={`/local/mailbox?to=${encodeURIComponent(email)}`} target="_blank">{texts.value.auth.localMail} ↗</a></p>;
}
