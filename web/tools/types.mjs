// Writes TypeScript types of the three OpenAPI documents to build/types, which tsc reads. The build of the pages does not need them.
import { mkdir, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const documents = { trading: "openapi", auth: "auth", wallet: "wallet" };
const folder = new URL("../build/types/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, file] of Object.entries(documents)) {
  const tree = await openapiTS(new URL(`../../docs/api/${file}.json`, import.meta.url));
  await writeFile(new URL(`${name}.d.ts`, folder), astToString(tree));
}
