import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

const noMarkup = {
  selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]",
  message: "Text from people is never parsed as HTML in the page.",
};

export default ts.config(
  { ignores: ["node_modules/", "shared/api.d.ts"] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "max-lines": ["error", { max: 250 }],
      "no-restricted-syntax": ["error", noMarkup],
      "no-undef": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      "svelte/no-at-html-tags": "error",
      "svelte/no-navigation-without-resolve": "off",
      "svelte/require-each-key": "error",
      // Without them the spaces around a separator are trimmed away.
      "svelte/no-useless-mustaches": "off",
      // Stores keep plain Maps and URLs on purpose where nothing on the page reads them.
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
  {
    // One way for data: parts and screens ask a store, the store asks the server.
    files: ["inbox/parts/**", "inbox/screens/**", "shared/ui/**"],
    rules: {
      "no-restricted-globals": ["error", "fetch", "WebSocket", "XMLHttpRequest", "localStorage"],
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["**/store/client*", "openapi-fetch", "**/shared/api"], message: "Ask a store." }] },
      ],
    },
  },
  { files: ["inbox/**"], rules: { "no-restricted-imports": ["error", { patterns: ["**/widget/**"] }] } },
  { files: ["widget/**"], rules: { "no-restricted-imports": ["error", { patterns: ["**/inbox/**"] }] } },
  {
    files: ["*.mjs", "*.config.js", "*.config.ts", "**/vite.config.ts"],
    languageOptions: { globals: { ...globals.node } },
  },
);
