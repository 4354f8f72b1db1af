/** Shows the first field that is marked as wrong and gives it the focus; false when there is none. */
export function showWrongField(form: HTMLElement | undefined): boolean {
  const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  if (!wrong) return false;
  const folded = wrong.closest("details");
  if (folded) folded.open = true;
  wrong.focus();
  // With what is said of it, which stands below.
  (wrong.closest(".field") ?? wrong).scrollIntoView({ block: "nearest" });
  return true;
}
