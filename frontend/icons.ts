/** One SVG sprite of the icons that templates and pages really use: nothing to list by hand, nothing unused shipped. */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";

const USES = [/\{%\s*icon\s+"([a-z0-9-]+)"/g, /\bicon="([a-z0-9-]+)"/g, /"([a-z0-9-]+)",?\s*#\s*icon\b/g];
const ICONS = resolve(import.meta.dirname, "node_modules/@tabler/icons/icons/outline");

export function iconSprite(sources: string): Plugin {
  return {
    name: "icon-sprite",
    apply: "build",
    buildStart() {
      const names = usedIcons(resolve(import.meta.dirname, sources));
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "icons.svg", source: spriteOf(names) });
    },
  };
}

function usedIcons(root: string): string[] {
  const names = new Set<string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(html|py)$/.test(entry.name)) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
    for (const use of USES) for (const match of text.matchAll(use)) names.add(match[1]!);
  }
  return [...names].sort();
}

function spriteOf(names: string[]): string {
  const symbols = names.map((name) => {
    const svg = readFileSync(join(ICONS, `${name}.svg`), "utf8");
    const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}
