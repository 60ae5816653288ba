import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where the API is while developing: a local stack. `INTENT_API` names another one. */
const API = process.env.INTENT_API ?? "http://127.0.0.1:8787";
const ICONS = fileURLToPath(new URL("node_modules/lucide-preact/dist/esm/icons/", import.meta.url));

/**
 * Takes each icon from its own file. The package exports one module that names 1,900 of them, and
 * reading them all would be nine tenths of a build.
 */
function singleIcons(): Plugin {
  return {
    name: "single-icons",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(".tsx")) return;
      return code.replace(/import \{([^}]+)\} from "lucide-preact";/g, (_, names: string) =>
        names
          .split(",")
          .map((name) => name.trim())
          .filter(Boolean)
          .map((name) => `import ${name} from "${ICONS}${fileOf(name)}.mjs";`)
          .join("\n"),
      );
    },
  };
}

/** "CircleAlert" lies in circle-alert, "Trash2" in trash-2. */
function fileOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z0-9])/g, "$1-$2")
    .replace(/(\d)([A-Z])/g, "$1-$2")
    .toLowerCase();
}

export default defineConfig({
  plugins: [singleIcons()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  resolve: {
    alias: {
      "@intent-segments/client": fileURLToPath(new URL("client/src/index.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    // Fonts are files of their own, so that they are cached apart from the code.
    assetsInlineLimit: 1024,
    manifest: true,
  },
  server: { proxy: { "/v1": API, "/docs": API, "/openapi.json": API } },
  test: { include: ["tests/**/*.test.ts"] },
});
