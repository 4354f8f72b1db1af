/** Ways to press it, each a chord with blanks between its keys, and what it does. */
type Shortcut = [combinations: readonly string[], meaning: string];

/** Every key of the window, for the sheet, the settings and the menus. */
export const SHORTCUTS: readonly { where: string; keys: readonly Shortcut[] }[] = [
  {
    where: "Everywhere",
    keys: [
      [["Ctrl K"], "Search commands, projects, runs, versions and examples"],
      [["1", "2", "3", "4"], "Data, Prompts, Train, Compare"],
      [["Ctrl O"], "Import files"],
      [["Ctrl V"], "Import cells that were copied from a spreadsheet"],
      [["Ctrl Z"], "Undo"],
      [["Ctrl Shift Z", "Ctrl Y"], "Redo"],
      [["Ctrl +", "Ctrl -", "Ctrl 0"], "Larger text, smaller text, text as usual"],
      [["Ctrl Q"], "Quit"],
      [["F10"], "Open the menu bar"],
      [["Esc"], "Close what is open; let go of what is pinned"],
      [["?"], "The list of shortcuts"],
    ],
  },
  {
    where: "Projects",
    keys: [
      [["←", "→", "↑", "↓"], "From project to project; Home and End to the first and the last"],
      [["F2"], "Rename the project"],
      [["Delete"], "Delete the project; it can be taken back"],
    ],
  },
  {
    where: "Lists and the row inspector",
    keys: [
      [["↑", "↓", "j", "k"], "Next and previous row"],
      [["Enter"], "Open the row in the inspector"],
    ],
  },
  {
    where: "Data",
    keys: [
      [["F2"], "Edit the cell; Shift Enter makes a new line in it"],
      [["Space"], "Choose the row"],
      [["Shift Space", "Shift ↑", "Shift ↓"], "Choose all rows up to this one, or to the next"],
      [["Ctrl A"], "Choose all rows; Esc lets go of them"],
      [["Delete"], "Delete the chosen rows; it can be taken back"],
      [["Ctrl C"], "Copy the cell"],
      [["Home", "End"], "First and last column; with Ctrl first and last row"],
      [["Shift ←", "Shift →"], "In the head: make the column narrower or wider"],
      [["k", "c", "x"], "In the doubt queue: keep, correct, exclude"],
    ],
  },
  {
    where: "Prompts",
    keys: [
      [["Ctrl Enter"], "Try the prompts on the example"],
      [["Ctrl S"], "Save a version"],
      [["Ctrl F"], "Find and replace in an editor"],
      [["Tab"], "Leave the editor"],
    ],
  },
  {
    where: "Train",
    keys: [
      [["Ctrl Enter"], "Start training"],
      [["[", "]"], "Previous and next epoch"],
    ],
  },
  {
    where: "Charts and panes",
    keys: [
      [["←", "→"], "Move the cursor along a chart, or a border between panes"],
      [["↑", "↓"], "Choose a run, or move a border between panes"],
      [["Enter"], "Bring a border back to its usual place"],
    ],
  },
];
