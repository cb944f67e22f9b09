import { get } from "../../api/client";
import { useResource } from "../../api/load";
import type { Listed, OfferedNetwork } from "../../api/types";
import { texts } from "../../i18n/texts";
import { Select } from "../../ui/parts";

/** The networks of an asset that are offered here, the one that is meant without a choice first; null until they are known. */
export function useNetworks(asset: string): OfferedNetwork[] | null {
  const found = useResource(async () => (asset === "TRY" ? { data: [] } : get<Listed<OfferedNetwork>>("/api/wallet/networks")), [asset]);
  const loaded = found.state.value;
  return loaded.data ? loaded.data.data.filter((each) => each.currency === asset) : loaded.failure ? [] : null;
}

export function NetworkChoice({ networks, value, warning, onValue }: { networks: OfferedNetwork[] | null; value: string; warning: string; onValue(network: string): void }) {
  if (!networks || networks.length < 2) return null;
  return (
    <>
      <Select label={texts.value.wallet.network} value={value} options={networks.map((each) => [each.network, each.title] as const)} onValue={onValue} />
      <p class="notice warn">{warning}</p>
    </>
  );
}
