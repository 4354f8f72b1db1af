import { fireEvent, screen } from "@testing-library/svelte";

/** Chooses in a list as a hand does, which reaches it first: that is when its entries come. */
export async function choose(label: string, value: string): Promise<void> {
  const list = await screen.findByLabelText(label);
  await fireEvent.focus(list);
  await fireEvent.change(list, { target: { value } });
}
