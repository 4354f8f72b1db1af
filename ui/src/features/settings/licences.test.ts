import { describe, expect, it } from "vitest";
import cargo from "../../../../Cargo.lock?raw";
import manifest from "../../../../src-tauri/core/Cargo.toml?raw";
import modules from "../../../package-lock.json";
import list from "./licences.json";

const HOW = "Run `node scripts/licences.mjs` after a dependency changed.";

describe("the list of licences", () => {
  it("names every library of the page at its version", () => {
    type Locked = Record<string, { version?: string; dev?: boolean; optional?: boolean }>;
    const missing = Object.entries(modules.packages as Locked)
      .filter(([path, { dev, optional }]) => path !== "" && !dev && !optional)
      .map(([path, { version }]) => `${path.slice(path.lastIndexOf("node_modules/") + 13)} ${version}`)
      .filter((wanted) => !list.parts.some((part) => `${part.name} ${part.version}` === wanted));
    expect(missing, HOW).toEqual([]);
  });

  it("names no crate that is not locked, and each that the engine asks for", () => {
    const locked = new Set(
      [...cargo.matchAll(/^name = "(.+)"\nversion = "(.+)"/gm)].map(([, name, version]) => `${name} ${version}`),
    );
    const listed = list.parts.filter(({ kind }) => kind === "crate").map(({ name, version }) => `${name} ${version}`);
    expect(
      listed.filter((known) => !locked.has(known)),
      HOW,
    ).toEqual([]);
    const [, asked = ""] = /\n\[dependencies\]\n([^[]*)/.exec(manifest) ?? [];
    const names = [...asked.matchAll(/^([a-z0-9_-]+) *=/gm)].map(([, name]) => name ?? "");
    expect(names.length).toBeGreaterThan(5);
    expect(
      names.filter((name) => !list.parts.some((part) => part.name === name)),
      HOW,
    ).toEqual([]);
  });
});
