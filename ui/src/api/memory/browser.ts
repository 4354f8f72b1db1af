import type { MemoryClient } from "../memory";

/** Lets the preview in a browser import real files: dropped on the page, or chosen. Their text stays in the page. */
export function connectBrowser(client: MemoryClient): void {
  const take = async (files: Iterable<File>): Promise<string[]> => {
    const paths: string[] = [];
    for (const file of files) {
      const path = `/dropped/${file.name}`;
      client.engine.files.add(path, await file.text());
      paths.push(path);
    }
    return paths;
  };
  let depth = 0;
  window.addEventListener("dragenter", () => {
    depth += 1;
    client.drop({ type: "enter" });
  });
  window.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth === 0) client.drop({ type: "leave" });
  });
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    void take(event.dataTransfer?.files ?? []).then((paths) => client.drop({ type: "drop", paths }));
  });
}
