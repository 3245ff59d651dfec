import { defineConfig } from "vite";
import { iconSprite } from "./icons.ts";

// Office intranets run browsers years behind: styles and scripts are written down to this one.
const OLDEST_BROWSER = "chrome90";

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [iconSprite("../zhiben")],
  build: {
    outDir: "../zhiben/core/web/static/build",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: OLDEST_BROWSER,
    cssTarget: OLDEST_BROWSER,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { main: "src/main.ts", sw: "src/sw.ts" },
      // htmx can evaluate strings; its `allowEval` is off here and the content security policy forbids it
      onwarn: (warning, report) => void (warning.code === "EVAL" || report(warning)),
    },
  },
});
