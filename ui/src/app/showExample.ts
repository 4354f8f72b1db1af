import { call } from "../api/client";
import { EVERY_EXAMPLE } from "../api/filter";
import { inspector } from "./inspector.svelte";
import { app } from "./state.svelte";

/** Shows a row of the open project, or of another one, by its number. */
export async function showExample(number: number, elsewhere?: number): Promise<void> {
  if (elsewhere !== undefined) await app.openProject(elsewhere, "data");
  const view = app.project;
  if (!view?.dataset) return;
  try {
    const page = await call("list_examples", {
      project: view.project.id,
      filter: { ...EVERY_EXAMPLE, number },
      sort: null,
      offset: 0,
      limit: 1,
    });
    const [example] = page.rows;
    if (example) inspector.show({ example, columns: view.dataset.columns, sides: [] });
  } catch (error) {
    app.fail(error);
  }
}
