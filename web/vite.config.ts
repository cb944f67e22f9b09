import { defineConfig } from "vite";
import { budget } from "./tools/budget.ts";

const platform = process.env.MYCRYPTO_URL ?? "http://localhost:8080";
const passedOn = Object.fromEntries(["/api", "/local", "/health", "/ready"].map((path) => [path, { target: platform }]));

export default defineConfig({
  plugins: [budget()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { port: 3003, strictPort: true, proxy: { ...passedOn, "/ws": { target: platform, ws: true } } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: { index: "index.html", ops: "ops.html", register: "register.html" } },
  },
});
