// Live or paper trading: one switch for the whole page.
import { computed } from "@preact/signals";
import { preference } from "../app/prefs";

export const mode = preference<"live" | "paper">("mode", ["live", "paper"], "live");
export const isPaper = computed(() => mode.value === "paper");
export const modeQuery = computed(() => (mode.value === "paper" ? { mode: "paper" } : {}));
