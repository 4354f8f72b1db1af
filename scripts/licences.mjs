#!/usr/bin/env node
// Gathers what the program is made of, with the licence of each part, into ui/src/features/settings/licences.json.
// Reads only what is on this machine already: the crates Cargo fetched and ui/node_modules. Run it after a dependency changed.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const texts = [];

/** Where a choice is offered, the shortest text that grants it: MIT before Apache. */
const RANK = [/mit/i, /bsd|isc|zlib|0bsd|unlicense|ofl/i, /mpl/i, /apache/i];

function rank(name) {
  const at = RANK.findIndex((known) => known.test(name));
  return at < 0 ? RANK.length : at;
}

function licenceText(folder) {
  const names = readdirSync(folder).filter((name) => /^(licen[sc]e|copying|unlicense|ofl)/i.test(name));
  for (const name of names.sort((a, b) => rank(a) - rank(b))) {
    try {
      const text = readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim();
      if (text === "") continue;
      if (!texts.includes(text)) texts.push(text);
      return texts.indexOf(text);
    } catch {
      // A folder of licences: the next name may be a file.
    }
  }
  return null;
}

function crates() {
  const answer = execFileSync("cargo", ["metadata", "--offline", "--locked", "--format-version", "1"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const { packages, resolve, workspace_members: own } = JSON.parse(answer);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const reached = new Set(own);
  const open = [...own];
  while (open.length > 0) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(open.pop()).deps) {
      // What only tests need is no part of the program.
      if (reached.has(pkg) || kinds.every(({ kind }) => kind === "dev")) continue;
      reached.add(pkg);
      open.push(pkg);
    }
  }
  return packages
    .filter(({ id, source }) => source !== null && reached.has(id))
    .map((known) => part("crate", known, dirname(known.manifest_path)));
}

function modules() {
  const lock = JSON.parse(readFileSync(join(root, "ui/package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional }]) => path !== "" && !dev && !optional)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      return part("module", { name, version, license }, join(root, "ui", path));
    });
}

function part(kind, { name, version, license }, folder) {
  return { kind, name, version, licence: license ?? "see its text", text: licenceText(folder) };
}

const parts = [...crates(), ...modules()].sort((a, b) => a.name.localeCompare(b.name, "en") || a.version.localeCompare(b.version, "en"));
const lines = (list) => list.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n");
writeFileSync(
  join(root, "ui/src/features/settings/licences.json"),
  `{\n  "parts": [\n${lines(parts)}\n  ],\n  "texts": [\n${lines(texts)}\n  ]\n}\n`,
);
console.log(`${parts.length} parts, ${texts.length} texts.`);
