// What the platform asks of a registration and of a password: asked for once, when a page needs it.
import { useEffect } from "preact/hooks";
import { get } from "../../api/client";
import { resource } from "../../api/load";
import type { AuthConfig } from "../../api/types";
import { texts } from "../../i18n/texts";
import { PasswordField } from "../../ui/parts";

const config = resource(() => get<AuthConfig>("/api/auth/config"));

export function useConfig(): AuthConfig | null {
  useEffect(() => {
    if (!config.state.value.data) void config.reload();
  }, []);
  return config.state.value.data;
}

/** The same for a request that cannot go without; raises the failure of asking. */
export async function neededConfig(): Promise<AuthConfig> {
  if (!config.state.value.data) await config.reload();
  const { data, failure } = config.state.value;
  if (!data) throw failure;
  return data;
}

/** A password that is chosen: with the rules for it. */
export function NewPasswordField({ label, value, onValue, error }: { label: string; value: string; onValue(text: string): void; error?: string | null }) {
  const rules = useConfig();
  const hint = rules ? texts.value.auth.passwordRules(rules.password_length_min, [...rules.password_specials].join(" ")) : " ";
  return <PasswordField label={label} value={value} onValue={onValue} autocomplete="new-password" error={error} hint={hint} />;
}
