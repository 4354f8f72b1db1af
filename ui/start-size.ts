import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** What the window loads before it can be used, in bytes of gzip. */
const MOST = 150 * 1024;

/** Fails a build whose page loads more JavaScript at its start than it may; charts and editors come when they are needed. */
export function startSize(): Plugin {
  return {
    name: "start-size",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? [file] : []));
      const named = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const open = chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.fileName);
      const start = new Set<string>();
      for (let name = open.pop(); name !== undefined; name = open.pop()) {
        if (start.has(name)) continue;
        start.add(name);
        open.push(...(named.get(name)?.imports ?? []));
      }
      const bytes = [...start].reduce((sum, name) => sum + gzipSync(named.get(name)?.code ?? "").length, 0);
      const words = `${(bytes / 1024).toFixed(1)} KB of JavaScript (gzip) at the start of the window`;
      if (bytes > MOST)
        this.error(`${words}: more than ${MOST / 1024} KB. Load what is not needed at once with import().`);
      this.info(words);
    },
  };
}
