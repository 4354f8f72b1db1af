import type { Connection } from "../api/bindings/Connection";

function hostOf({ base_url }: Connection): string {
  try {
    return new URL(base_url).host;
  } catch {
    return base_url;
  }
}

/** Which of these can not be told apart by their words. */
function alike(words: ReadonlyMap<number, string>): Set<string> {
  const all = [...words.values()].map((name) => name.toLowerCase());
  return new Set(all.filter((name, at) => all.indexOf(name) !== at));
}

/** What connections are called where one is chosen: by their names, and where two have the same, by their hosts and numbers as well. */
export function connectionNames(list: readonly Connection[]): ReadonlyMap<number, string> {
  const words = new Map(list.map(({ id, name }) => [id, name]));
  for (const more of [hostOf, ({ id }: Connection) => `#${id}`]) {
    const same = alike(words);
    for (const connection of list) {
      const name = words.get(connection.id) ?? "";
      const beside = more(connection);
      if (same.has(name.toLowerCase()) && beside !== "") words.set(connection.id, `${name}, ${beside}`);
    }
  }
  return words;
}
