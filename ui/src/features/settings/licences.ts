/** One thing the program is made of. */
export interface Part {
  kind: string;
  name: string;
  version: string;
  /** Its licence as its authors name it (SPDX). */
  licence: string;
  /** Which of the texts is its own; null where it came without one. */
  text: number | null;
}

/** Written by scripts/licences.mjs. */
export interface LicenceList {
  parts: Part[];
  texts: string[];
}
