import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budgets } from "./tools/budgets.ts";
import { compress } from "./tools/compress.ts";

// `npm run dev` speaks to a gateway that runs already; ONE_API_URL says where.
const gateway = process.env.ONE_API_URL ?? "http://127.0.0.1:3000";
const proxied = { target: gateway, changeOrigin: false };

export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss(), budgets(), compress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/oneapi/web/dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What every visit begins with is one file: each costs a request, a module and a stop of the browser's.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "begin", tags: ["$initial"] }] } } },
  },
  server: { proxy: { "/api": proxied, "/v1": proxied, "/docs": proxied } },
  test: { include: ["src/**/*.test.ts"] },
});
