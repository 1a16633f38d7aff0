// Builds the admin page into dist/ui: files with hashed names, no inline code, addresses relative to the page's base.
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => join(import.meta.dirname, path);

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  base: "./",
  // Types are checked by tsc; nothing of the environment reaches the page.
  envPrefix: "JOBMOUNT_PAGE_",
  oxc: { jsx: { runtime: "automatic" } },
  plugins: [startFirst()],
  css: { modules: { generateScopedName: "[local]_[hash:base64:5]" } },
  build: {
    outDir: "../dist/ui",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Eight KiB, which no screen then has to wait for.
    cssCodeSplit: false,
    // Which files a screen is made of: the service names them in its page, so that none of them is waited for in turn.
    manifest: "files.json",
    rolldownOptions: {
      input: { index: here("index.html"), start: here("src/start.ts") },
      output: {
        // Browsers that know it read the whole file beside the page, not function by function when each is first called.
        postBanner: "//# allFunctionsCalledOnLoad",
        codeSplitting: {
          // What every screen needs comes with the first one; forty files of 1 KiB take longer than one of 40.
          groups: [
            {
              name: "start",
              test: /\/src\/(start|api\/(base|early|first-reads)|words\/(search|filters|roles))\.ts$/,
              priority: 2,
            },
            { name: "libraries", test: /\/node_modules\//, priority: 1 },
            { name: "parts", test: /\/src\/(api|parts|shell|words)\/|\.module\.css$/ },
          ],
        },
      },
      checks: { bundlerTimings: false, pluginTimings: false },
      // Packages mark their files for servers that render; there is none here.
      onLog: (level, log, next) => log.code === "MODULE_LEVEL_DIRECTIVE" || next(level, log),
    },
  },
});

/** The script that asks ahead is fetched first, and runs as soon as it is there; its address needs the `<base>` before it. */
function startFirst(): Plugin {
  return {
    name: "start-first",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const start = Object.values(bundle).find(({ name }) => name === "start");
        if (!start) throw new Error("the build has no file for src/start.ts");
        const script = `<script type="module" async crossorigin src="./${start.fileName}"></script>`;
        return html.replace(/<base [^>]*>/, (base) => `${base}\n    ${script}`);
      },
    },
  };
}
