import { preferredList } from "../../app/prefs";

export const chosenIndicators = preferredList("indicators");
