import { runClientClientDrill } from "../../../demo-app/client-client-drill/client-client-drill.ts";
import { linesOf } from "../../../demo-app/client-client-drill/result.ts";
import { until } from "../../support/until.ts";
import { collect, short } from "../support/short-drill.ts";

const countChildren = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length;

describe("the client-client drill with three app servers in processes of their own", () => {
  it("ends early when it is interrupted, and leaves no process behind", async () => {
    const { lines, print } = collect();
    const childrenBefore = countChildren();
    const interruption = new AbortController();
    const interruptingPrint = (line: string) => {
      print(line);
      if (line.includes("ACTIVE KILLED")) interruption.abort();
    };

    const result = await runClientClientDrill(short, interruptingPrint, interruption.signal);

    expect(result).toMatchObject({ isPassed: false, moves: [] });
    expect(lines).toContainEqual(expect.stringContaining("FAILED: interrupted"));
    expect(linesOf(result).at(-1)).toBe("FAILED");
    // The last one is let go of a moment after its end.
    await until(() => countChildren() <= childrenBefore);
  }, 60_000);
});
