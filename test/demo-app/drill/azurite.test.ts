import { runClientClientDrill } from "../../../demo-app/drill/client-client/client-client-drill.ts";
import { linesOf } from "../../../demo-app/drill/client-client/result.ts";
import { collect, expectMovesAndStays, short } from "./short-drill.ts";

const countChildren = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length;

describe("three app servers in processes of their own that agree over Azurite", () => {
  it("move all clients together when the active endpoint dies, and else nobody", async () => {
    await expectMovesAndStays("azure-blob");
  }, 90_000);

  it("end early when they are interrupted, and leave nothing behind", async () => {
    const { lines, print } = collect();
    const childrenBefore = countChildren();
    const interruption = new AbortController();
    const interruptingPrint = (line: string) => {
      print(line);
      if (line.includes("ACTIVE KILLED")) interruption.abort();
    };

    const result = await runClientClientDrill(
      { ...short, store: "azure-blob" },
      interruptingPrint,
      interruption.signal,
    );

    expect(result).toMatchObject({ isPassed: false, moves: [] });
    expect(lines).toContainEqual(expect.stringContaining("FAILED: interrupted"));
    expect(linesOf(result).at(-1)).toBe("FAILED");
    expect(countChildren()).toBeLessThanOrEqual(childrenBefore);
  }, 60_000);
});
