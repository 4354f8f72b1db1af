import { describe, expect, it } from "vitest";
import { ofProject, recalled } from "./recalled.svelte";
import { app } from "./state.svelte";

describe("recalled", () => {
  it("survives a restart, and what it cannot read does no harm", () => {
    const first = recalled("test.x", "epoch");
    expect(first.value).toBe("epoch");
    first.value = "calls";
    expect(recalled("test.x", "epoch").value).toBe("calls");
    localStorage.setItem("mlprompt.kept.test.x", "{broken");
    expect(recalled("test.x", "epoch").value).toBe("epoch");
    localStorage.setItem("mlprompt.kept.test.x", "7");
    expect(recalled("test.x", "epoch").value).toBe("epoch");
    expect(recalled<string>("test.x", "epoch", (value) => value === 7).value).toBe(7);
  });

  it("keeps what belongs to a project apart from another database's project of the same number", () => {
    const here = (database: string) => {
      app.info = { database } as NonNullable<typeof app.info>;
      return recalled(ofProject("test.of", 1), "none");
    };
    here("/one.db").value = "mine";
    expect(here("/two.db").value).toBe("none");
    expect(here("/one.db").value).toBe("mine");
    expect(recalled(ofProject("test.of", 2), "none").value).toBe("none");
  });
});
