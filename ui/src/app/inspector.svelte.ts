import type { ColumnRoles } from "../api/bindings/ColumnRoles";
import type { Example } from "../api/bindings/Example";
import type { Prediction } from "../api/bindings/Prediction";

/** One prompt's answer to the inspected example. */
export type InspectedSide = { title: string; prediction: Prediction };

/** What the row inspector shows. */
export type Inspected = {
  example: Example;
  /** Names of the columns behind `example.variables`; empty when they are not known. */
  columns: string[];
  /** Which column is what, where it is known. */
  roles?: ColumnRoles | null;
  sides: InspectedSide[];
  /** The list keeps the focus: the drawer follows it. */
  keepsFocus?: boolean;
  /** Changes a cell, where rows can be changed. */
  onEdit?: (column: string, text: string) => Promise<void>;
  /** Steps through the list the row was opened from, when it has neighbours. */
  onStep?: (by: -1 | 1) => void;
};

/** The one drawer in which every screen shows the row behind a number. */
class Inspector {
  shown = $state.raw<Inspected | null>(null);
  /** A dialog with rows of its own shows them: what lies below it can not be reached. */
  within = $state(false);

  /** Whether it is open on an example, whose row its list marks. */
  isOn(example: number): boolean {
    return this.shown?.example.id === example;
  }

  show(inspected: Inspected): void {
    this.shown = inspected;
  }

  close(): void {
    this.shown = null;
  }

  /** A dialog shows the rows for as long as it is open; gives what ends that. */
  lend(): () => void {
    this.close();
    this.within = true;
    return () => {
      this.within = false;
      this.close();
    };
  }
}

export const inspector = new Inspector();
