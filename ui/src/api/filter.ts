import type { ExampleFilter } from "./bindings/ExampleFilter";

/** The filter that leaves every example. */
export const EVERY_EXAMPLE: ExampleFilter = {
  split: null,
  search: "",
  columns: [],
  excluded: null,
  only: null,
  number: null,
};
