// Turns the sources in this folder into static/dist: names carry a hash of the content, so a
// browser may keep a file for ever, and manifest.json says which name is the current one.
//
//   css/main.css, js/main.js    -> main-AB12CD34.css, main-AB12CD34.js
//   icons.txt, a name a line    -> icons-AB12CD34.svg
//   img/logo.svg                -> img-logo-AB12CD34.svg

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");
const icons = path.join(here, "..", "node_modules", "lucide-static", "icons");

// early.js imports nothing and runs in the head; as a module it would come after the first paint.
const entries = ["css/main.css", "js/main.js", "js/early.js"];

/** Bundle and minify; any warning stops the build, for here a warning is a mistake nobody saw. */
async function bundles() {
  const result = await build({
    absWorkingDir: here,
    assetNames: "[name]-[hash]",
    bundle: true,
    chunkNames: "[name]-[hash]",
    entryNames: "[name]-[hash]",
    entryPoints: entries,
    format: "esm",
    legalComments: "linked",
    loader: { ".svg": "file", ".woff2": "file" },
    logLevel: "warning",
    metafile: true,
    minify: true,
    outdir: "dist",
    sourcemap: "linked",
    splitting: true,
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    write: false,
  });
  if (result.warnings.length > 0) {
    throw new Error(`${result.warnings.length} warning(s) in the sources: see above`);
  }
  const named = {};
  for (const [file, { entryPoint }] of Object.entries(result.metafile.outputs)) {
    if (entries.includes(entryPoint)) named[path.basename(entryPoint)] = path.basename(file);
  }
  const files = result.outputFiles.map((file) => [path.basename(file.path), file.contents]);
  return { named, files };
}

/** One SVG with a <symbol> for each icon named in icons.txt, used as <use href="…#name">. */
async function sprite() {
  const list = path.join(here, "icons.txt");
  if (!existsSync(list)) return { named: {}, files: [] };
  const names = (await readFile(list, "utf8"))
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);
  const symbols = await Promise.all([...new Set(names)].sort().map(symbol));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  return hashed([["icons.svg", Buffer.from(svg)]]);
}

async function symbol(name) {
  const file = path.join(icons, `${name}.svg`);
  if (!existsSync(file)) throw new Error(`icons.txt names "${name}", and lucide has no such icon`);
  const source = await readFile(file, "utf8");
  const inner = source
    .slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"))
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .trim();
  const stroke = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${inner}</symbol>`;
}

async function images() {
  const folder = path.join(here, "img");
  if (!existsSync(folder)) return { named: {}, files: [] };
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
  return hashed(await Promise.all(names.map(async (name) => [`img/${name}`, await readFile(path.join(folder, name))])));
}

/** Give each [name, contents] a name that changes with its contents. */
function hashed(pairs) {
  const named = {};
  const files = pairs.map(([name, contents]) => {
    const digest = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
    const { name: stem, ext } = path.parse(name);
    const folder = path.dirname(name) === "." ? "" : `${path.dirname(name)}-`;
    named[name] = `${folder}${stem}-${digest}${ext}`;
    return [named[name], contents];
  });
  return { named, files };
}

/** New files first, the manifest after them, and only then the old ones go. */
async function publish(parts) {
  const files = new Map(parts.flatMap((part) => part.files));
  const manifest = Object.assign({}, ...parts.map((part) => part.named));
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([one], [other]) => (one < other ? -1 : 1)));
  await mkdir(dist, { recursive: true });
  await Promise.all([...files].map(([name, contents]) => writeFile(path.join(dist, name), contents)));
  await writeFile(path.join(dist, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
  const old = (await readdir(dist)).filter((name) => name !== "manifest.json" && !files.has(name));
  await Promise.all(old.map((name) => rm(path.join(dist, name), { recursive: true })));
  return files.size;
}

try {
  const count = await publish(await Promise.all([bundles(), sprite(), images()]));
  console.log(`static/dist: ${count} files`);
} catch (error) {
  console.error(error.errors ? "The assets were not built." : `The assets were not built: ${error.message}`);
  process.exitCode = 1;
}
