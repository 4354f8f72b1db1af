import { SvelteSet } from "svelte/reactivity";
import type { PaletteCommand } from "./commands";

type Offer = () => readonly PaletteCommand[];

const offers = new SvelteSet<Offer>();
const ofMenuBar = new SvelteSet<Offer>();

function offerIn(known: SvelteSet<Offer>, commands: Offer): void {
  $effect(() => {
    known.add(commands);
    return () => known.delete(commands);
  });
}

/** Lets the palette do what a part of a screen can do, as long as that part is there. To be called as it is made. */
export function offer(commands: Offer): void {
  offerIn(offers, commands);
}

/** The same for commands that have a line in the menu bar, which is made anew with every change of them: nothing that grows with the data. */
export function offerToMenuBar(commands: Offer): void {
  offerIn(ofMenuBar, commands);
}

/** The entries of a menu as commands; `of` says what they are done with, where the menu hangs at the thing. */
export function offerMenu(
  id: string,
  items: () => readonly { name: string; also?: string; disabled?: boolean; run: () => void }[],
  of: () => string = () => "",
): void {
  offer(() =>
    items()
      .filter(({ disabled }) => !disabled)
      .map(({ name, also = "", run }) => ({ id: `${id}-${name}`, name, also, detail: of(), run })),
  );
}

/** What the parts that are on the screen offer now. Two of the same name are one, so that each line says something else. */
export function offered(): PaletteCommand[] {
  const byId = new Map<string, PaletteCommand>();
  for (const commands of [...ofMenuBar, ...offers]) for (const command of commands()) byId.set(command.id, command);
  return [...byId.values()];
}

/** What of it has a line in the menu bar. */
export function offeredToMenuBar(): PaletteCommand[] {
  return [...ofMenuBar].flatMap((commands) => commands());
}
