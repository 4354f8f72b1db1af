import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist/", "dist-browser/", "src/api/bindings/", "public/"] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@tauri-apps/*"], message: "Only src/api/tauri.ts talks to the shell; use the client." },
          ],
        },
      ],
      "no-console": "error",
      eqeqeq: ["error", "always"],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // TypeScript knows every name already.
      "no-undef": "off",
    },
  },
  { files: ["src/api/tauri.ts", "src/api/tauri.test.ts"], rules: { "no-restricted-imports": "off" } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // Files, models and users write what we show: it is text, never markup.
      "svelte/no-at-html-tags": "error",
      "svelte/require-each-key": "error",
      "svelte/button-has-type": "error",
      // A Map or Set that is no state stays a plain one.
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
);
