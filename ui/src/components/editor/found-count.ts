/** Says beside the search field how many places there are, and which one is selected. */
import { getSearchQuery, searchPanelOpen } from "@codemirror/search";
import type { EditorState } from "@codemirror/state";
import { ViewPlugin, type EditorView, type ViewUpdate } from "@codemirror/view";
import { count } from "../../format/count";

/** Counting more would make typing in a long prompt wait. */
const MOST_COUNTED = 1_000;

/** The count in words; empty while nothing is looked for. */
export function foundWords(state: EditorState): string {
  const query = getSearchQuery(state);
  if (query.search === "") return "";
  if (!query.valid) return "Not a regular expression";
  const { from, to } = state.selection.main;
  let all = 0;
  let at = 0;
  const places = query.getCursor(state);
  for (let next = places.next(); !next.done; next = places.next()) {
    all += 1;
    if (next.value.from === from && next.value.to === to) at = all;
    if (all > MOST_COUNTED) return `more than ${count(MOST_COUNTED)} found`;
  }
  if (all === 0) return "nothing found";
  return at > 0 ? `${count(at)} of ${count(all)}` : `${count(all)} found`;
}

class FoundCount {
  constructor(view: EditorView) {
    this.#say(view);
  }

  update(update: ViewUpdate): void {
    if (searchPanelOpen(update.state)) this.#say(update.view);
  }

  /** After the panel is there: it is made in the same update. */
  #say(view: EditorView): void {
    view.requestMeasure({
      key: this,
      read: () => undefined,
      write: () => {
        const field = view.dom.querySelector(".cm-search [name=search]");
        if (!field) return;
        let place = view.dom.querySelector<HTMLElement>(".cm-search .cm-found");
        if (!place) {
          place = document.createElement("span");
          place.className = "cm-found";
          place.setAttribute("role", "status");
          field.after(place);
        }
        const words = foundWords(view.state);
        if (place.textContent !== words) place.textContent = words;
      },
    });
  }
}

export const foundCount = ViewPlugin.fromClass(FoundCount);
