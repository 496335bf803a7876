import { runFailoverDrill } from "../../demo-app/drill/failover-drill.ts";
import { MissedStepError, Timeline } from "../../demo-app/drill/timeline.ts";

const never = new AbortController().signal;

function collect() {
  const lines: string[] = [];
  return { lines, print: (line: string) => void lines.push(line) };
}

describe("the drill", () => {
  it("shows every step of a failover and of the way home, without one failed negotiate", async () => {
    const { lines, print } = collect();

    const result = await runFailoverDrill(print, never);

    expect(lines.join("\n")).not.toContain("FAILED");
    expect(result).toMatchObject({ isPassed: true, failedNegotiates: 0 });
    expect(result.negotiates).toBeGreaterThan(50);
    expect(lines.map(labelOf).filter((label) => label !== undefined)).toEqual(
      expect.arrayContaining([
        "client connects",
        "CRASH of eastus",
        "client is back",
        "broadcast is heard",
        "HEAL of eastus",
        "new client connects",
      ]),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^\+ *\d+ ms {2}client is back +westus/));
    expect(lines).toContainEqual(expect.stringMatching(/new client connects +eastus/));
  }, 30_000);

  it("ends early and fails when it is interrupted", async () => {
    const { lines, print } = collect();
    const interruption = new AbortController();
    const interruptingPrint = (line: string) => {
      print(line);
      if (line.includes("CRASH")) interruption.abort();
    };

    const result = await runFailoverDrill(interruptingPrint, interruption.signal);

    expect(result.isPassed).toBe(false);
    expect(lines).toContainEqual(expect.stringContaining("FAILED: interrupted"));
    expect(lines).not.toContainEqual(expect.stringContaining("HEAL"));
  }, 30_000);
});

describe("a step of the timeline", () => {
  it("is printed as FAILED when it has not happened by its deadline", async () => {
    const { lines, print } = collect();
    const timeline = new Timeline(print, never);

    const step = timeline.step("client is back", {
      deadlineInMs: 1,
      happening: new Promise<object>(() => {}),
      detail: () => "",
    });

    await expect(step).rejects.toThrow(MissedStepError);
    expect(lines).toEqual([expect.stringMatching(/client is back +FAILED: not within 1 ms$/)]);
  });

  it("is printed with the time at which it happened, in aligned columns", async () => {
    const { lines, print } = collect();
    const timeline = new Timeline(print, never);
    const at = performance.now() + 312;

    await timeline.step("negotiate answers", {
      deadlineInMs: 1000,
      happening: Promise.resolve({ at }),
      detail: () => "westus",
    });

    expect(lines).toEqual([expect.stringMatching(/^\+ {3}31\d ms {2}negotiate answers +westus$/)]);
  });
});

function labelOf(line: string): string | undefined {
  return /^\+ *\d+ ms {2}(.+?)( {2,}|$)/.exec(line)?.[1];
}
