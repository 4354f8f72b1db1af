/** How the line of a run looks: a hue and a dash, so that no two of a set rely on colour alone. */
export interface RunLook {
  light: string;
  dark: string;
  dash: number[];
}

/** Six hues that hold 3:1 against the panel of their theme, told apart by dashes as well. None is grey: that is a run that is not compared. */
export const RUN_LOOKS: readonly RunLook[] = [
  { light: "#3b5bdb", dark: "#8ca3ff", dash: [] },
  { light: "#b45309", dark: "#f0a24c", dash: [8, 3] },
  { light: "#8038b0", dark: "#c58bf0", dash: [2, 3] },
  { light: "#0f766e", dark: "#4fd1c5", dash: [10, 3, 2, 3] },
  { light: "#be185d", dark: "#f58bb5", dash: [5, 5] },
  { light: "#509838", dark: "#98f070", dash: [12, 4] },
];
