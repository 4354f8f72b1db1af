/** Characters that the name of a project, a run or a preset may have: as many as the engine takes. */
export const LONGEST_NAME = 300;
