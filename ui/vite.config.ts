import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { narrowGaps } from "./narrow-gaps.ts";
import { startSize } from "./start-size.ts";

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), narrowGaps(), startSize()],
  // vitest resolves like a browser, so that components mount instead of rendering to strings.
  resolve:
    mode === "test"
      ? {
          conditions: ["browser"],
          alias: [{ find: /^bits-ui$/, replacement: `${import.meta.dirname}/src/testing/bits-ui.ts` }],
        }
      : {},
  clearScreen: false,
  // A test holds the list of licences against what Cargo has locked, which lies beside this folder.
  server: { port: 5173, strictPort: true, ...(mode === "test" ? { fs: { allow: [".."] } } : {}) },
  build: {
    target: "safari16",
    outDir: mode === "browser" ? "dist-browser" : "dist",
    emptyOutDir: true,
    // Fonts stay files: the window loads nothing from data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "echarts", test: /node_modules[\\/](echarts|zrender)/ },
            { name: "codemirror", test: /node_modules[\\/](@codemirror|@lezer|style-mod|crelt|w3c-keyname)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["./src/testing/setup.ts"],
    include: ["src/**/*.test.ts"],
    testTimeout: 20_000,
    // The files share a page and its modules: loading all of them anew for each would take as long as the tests. Each begins with a
    // fresh client (testing/), and what a file mocks it gives back.
    isolate: false,
    unstubGlobals: true,
    restoreMocks: true,
    // Tests read the tokens and what becomes of movement.
    css: { include: /styles/ },
  },
}));
