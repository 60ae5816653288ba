/** What a first visit loads: index.html, and the script, styles and fonts that it names; gzipped. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 150_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf-8"));

/** The entry with all that it imports statically. */
const first = new Set(["index.html", "theme.js", "icon.svg", "config.json"]);
const follow = (key) => {
  const chunk = manifest[key];
  if (!chunk || first.has(chunk.file)) return;
  first.add(chunk.file);
  for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) first.add(file);
  for (const imported of chunk.imports ?? []) follow(imported);
};
follow("index.html");
// The page that is visited first, whichever is largest.
const pages = Object.entries(manifest).filter(([, chunk]) => chunk.isDynamicEntry);
const sizeOf = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

const sizes = [...first].map((file) => [file, sizeOf(file)]);
for (const file of readdirSync(new URL("assets/", dist))) {
  const name = `assets/${file}`;
  if (name.endsWith(".woff2") && !first.has(name)) sizes.push([name, sizeOf(name)]);
}
const own = pages
  .filter(([key]) => key.startsWith("src/pages/"))
  .map(([key, chunk]) => {
    const files = new Set();
    const add = (name) => {
      const one = manifest[name];
      if (!one || files.has(one.file) || first.has(one.file)) return;
      files.add(one.file);
      for (const imported of one.imports ?? []) add(imported);
    };
    add(key);
    return [key, [...files].reduce((sum, file) => sum + sizeOf(file), 0), chunk];
  })
  .sort((a, b) => b[1] - a[1]);

for (const [file, size] of sizes)
  console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}`);
const [largest] = own;
if (largest)
  console.log(`${(largest[1] / 1000).toFixed(1).padStart(7)} kB  ${largest[0]}, the largest page`);
const total = sizes.reduce((sum, [, size]) => sum + size, 0) + (largest?.[1] ?? 0);
console.log(
  `${(total / 1000).toFixed(1).padStart(7)} kB  first load at most, of ${LIMIT / 1000} kB allowed`,
);
if (total > LIMIT) {
  console.error("The first load is too large: load what few pages need with import().");
  process.exit(1);
}
