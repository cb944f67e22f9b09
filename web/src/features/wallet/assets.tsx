import { go } from "../../app/router";
import { texts } from "../../i18n/texts";
import { markets } from "../../live/markets";

/** TRY first, then what is traded here. */
export function assetsOf(): string[] {
  const found = new Set(["TRY"]);
  for (const market of markets.value) for (const asset of [market.base_asset, market.quote_asset]) found.add(asset);
  return [...found];
}

export function AssetTabs({ asset, action }: { asset: string; action: "yatir" | "cek" }) {
  const t = texts.value;
  return (
    <nav class="asset-tabs" aria-label={t.wallet.chooseAsset}>
      {assetsOf().map((each) => <a key={each} href={`/cuzdan/${action}/${each}`} aria-current={each === asset ? "page" : undefined} onClick={(event) => { event.preventDefault(); event.stopPropagation(); go(`/cuzdan/${action}/${each}`); }}>{each}</a>)}
    </nav>
  );
}
