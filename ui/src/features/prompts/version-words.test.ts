import { expect, it } from "vitest";
import { MemoryClient } from "../../api/memory";
import { addWorkedProject } from "../../api/memory/scenario";
import { choiceWords } from "./version-words";

it("a version to choose says first what tells it from others of its run, and keeps the whole of a long note", () => {
  const { engine } = new MemoryClient();
  const [version] = addWorkedProject(engine, "Tickets", 40, 0).versions;
  const validation = { score: 0.912, n: 60, missing: 0, low: 0.8, high: 0.95 };
  const of = {
    ...version!,
    number: 21,
    note: "",
    author: "optimizer" as const,
    run_name: "tickets 3 of 3",
    validation,
  };
  expect(choiceWords({ ...of, epoch: 3 })).toMatchObject({
    name: "v21: 91.2%, epoch 3 of run “tickets 3 of 3”",
    lead: "v21: 91.2%, epoch 3",
  });
  expect(choiceWords({ ...of, epoch: 0, validation: null }).lead).toBe("v21: baseline");
  const long = choiceWords({ ...of, author: "hand", epoch: null, note: "n".repeat(200) });
  expect(long.lead).toBe("v21: 91.2%,");
  expect(long.name.length).toBeLessThan(long.whole.length);
  expect(long.whole).toContain("n".repeat(200));
});
