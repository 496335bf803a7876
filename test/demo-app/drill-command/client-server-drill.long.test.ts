import { StepLog } from "../../../demo-app/client-client-drill/step-log.ts";
import type { ClientMove, Environment } from "../../../demo-app/contract/environment.ts";
import type { DemoEvent, DrillStepView } from "../../../demo-app/contract/live.ts";
import { runClientServerDrill } from "../../../demo-app/drill-command/client-server-drill.ts";
import type { Output } from "../../../demo-app/drill-command/terminal-display.ts";
import { startEmulatedEnvironment } from "../../../demo-app/environment/emulated-environment.ts";
import { MissedStepError } from "../../../demo-app/kit/missed-step-error.ts";
import { ScriptedEnvironment } from "../../support/scripted-environment.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal is told
const CURSOR = /\x1b\[\d*[FJ]/g;
const never = new AbortController().signal;

function collect(terminal: Omit<Output, "write"> = {}) {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  return { written, output: { ...terminal, write }, text: () => written.join("") };
}

describe("the client-server drill in the terminal", () => {
  it("passes on two emulated regions, and reports what has happened there", async () => {
    const { output, text } = collect();
    let environment: Environment | undefined;
    const startEnvironment = async () => {
      environment = await startEmulatedEnvironment();
      return environment;
    };

    const sideOutput = collect().output;
    const options = {
      clients: 12,
      json: true,
      signal: never,
      output,
      sideOutput,
      startEnvironment,
    };
    const isPassed = await runClientServerDrill(options);

    const result = JSON.parse(text()) as { state: string; steps: DrillStepView[] };
    expect([isPassed, result.state]).toEqual([true, "passed"]);
    const { events, moves } = whatHappened(environment);
    const figures = figuresOf(result.steps);
    const crash = the(events, ({ kind }) => kind === "fault");
    const down = the(events, isOf("endpointDown", "eastus", "eastus"));
    const healed = the(events, ({ kind }) => kind === "healed");
    const up = the(events, isOf("endpointUp", "eastus", "eastus"));
    const away = moves.filter(({ from }) => from === "eastus");
    expect(figures).toMatchObject({
      "crash: dropped": 6,
      "detection: primary found down after": down.at - crash.at,
      "arrival: moved to westus": away.length,
      "arrival: downtime p99": Math.max(
        ...away.map(({ downtimeInMs }) => Math.round(downtimeInMs)),
      ),
      "arrival: the last had arrived after": Math.max(...away.map(({ at }) => at)) - crash.at,
      "after: events from eastus landed in westus": 1,
      "recovery: primary found up after": up.at - healed.at,
      "newcomers: stayed on westus": 6,
      "return: returned": moves.filter(({ to }) => to === "eastus").length,
      "load: refused or failed": 0,
    });
    expect(figures["load: answered"]).toBeGreaterThan(100);
  }, 30_000);

  it("is stopped by an interruption, and has not passed then", async () => {
    const { output, text } = collect();
    const interruption = new AbortController();
    const environment = new ScriptedEnvironment();
    const { setFault } = environment;
    environment.setFault = async (...args) => {
      interruption.abort();
      await setFault.apply(environment, args);
    };

    const isPassed = await run(environment, { output, signal: interruption.signal });

    expect(isPassed).toBe(false);
    expect(text()).toContain("# Failover drill: stopped");
    expect(environment.faults.size).toBe(0);
  });

  it("does not begin when it is interrupted while everything starts", async () => {
    const { output, text } = collect();
    const environment = new ScriptedEnvironment();

    const isPassed = await run(environment, { output, signal: AbortSignal.abort() });

    expect([isPassed, text()]).toEqual([false, "\nStopped.\n"]);
    expect(environment.orders).toEqual([]);
  });

  it("closes its environment, and writes nothing but JSON with --json", async () => {
    const side = collect();
    const { output, text } = collect({ isTTY: true, columns: 80, rows: 40 });
    const environment = new ScriptedEnvironment();
    const close = jest.spyOn(environment, "close");
    environment.broadcast = async () => {
      throw new Error("nobody is reached");
    };

    const isPassed = await run(environment, { output, sideOutput: side.output, json: true });

    expect(isPassed).toBe(false);
    expect(JSON.parse(text())).toMatchObject({ topology: "client-server", state: "failed" });
    expect(side.text()).toContain("FAILED: nobody is reached");
    expect(close).toHaveBeenCalled();
  });

  it("prints each step once when the output is no terminal", async () => {
    const { output, text } = collect();

    await run(failing(), { output });

    expect(text().match(/^Before failover \(figure 1\)$/gm)).toHaveLength(1);
    expect(text()).toContain("    - at home: 8 clients\n");
    expect(text()).toContain("    FAILED: nobody is reached\n");
    expect(text()).not.toContain("\x1b");
  });

  it("redraws its steps in a terminal, and never wider than that", async () => {
    const { output, written } = collect({ isTTY: true, columns: 40, rows: 30 });

    await run(failing(), { output });

    const screens = written.slice(0, -1);
    const [first = "", ...others] = screens;
    expect(first).not.toContain("F\x1b[J");
    for (const [index, screen] of others.entries()) {
      const height = (screens[index] ?? "").split("\n").length - 1;
      expect(screen).toContain(`\x1b[${height}F\x1b[J`);
    }
    const lines = screens.flatMap((screen) => screen.replaceAll(CURSOR, "").split("\n"));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(40);
    expect(screens.at(-1)).toContain("x Before failover");
  });
});

describe("a step in the log of the client-client drill", () => {
  it("is printed as FAILED when it has not happened by its deadline", async () => {
    const lines: string[] = [];
    const log = new StepLog((line) => void lines.push(line), never);

    const step = log.step("client is back", {
      deadlineInMs: 1,
      promise: new Promise<object>(() => {}),
      detail: () => "",
    });

    await expect(step).rejects.toThrow(MissedStepError);
    expect(lines).toEqual([expect.stringMatching(/client is back +FAILED: not within 1 ms$/)]);
  });

  it("is printed with the time at which it happened, in aligned columns", async () => {
    const lines: string[] = [];
    const log = new StepLog((line) => void lines.push(line), never);
    const at = performance.now() + 312;

    await log.step("negotiate answers", {
      deadlineInMs: 1000,
      promise: Promise.resolve({ at }),
      detail: () => "westus",
    });

    expect(lines).toEqual([expect.stringMatching(/^\+ {3}31\d ms {2}negotiate answers +westus$/)]);
  });
});

function run(
  environment: ScriptedEnvironment,
  options: { output: Output; sideOutput?: Output; signal?: AbortSignal; json?: boolean },
): Promise<boolean> {
  const clients = environment.clients.views;
  const startEnvironment = async () => environment;
  const defaults = { clients: clients.length, json: false, signal: never, startEnvironment };
  return runClientServerDrill({ ...defaults, ...options });
}

/** It fails soon. */
function failing(): ScriptedEnvironment {
  const environment = new ScriptedEnvironment();
  environment.broadcast = async () => {
    throw new Error("nobody is reached");
  };
  return environment;
}

function whatHappened(environment: Environment | undefined): {
  events: readonly DemoEvent[];
  moves: readonly ClientMove[];
} {
  if (!environment) throw new Error("There was no environment.");
  return { events: environment.events.entries, moves: environment.clients.moves.entries };
}

function figuresOf(steps: readonly DrillStepView[]): Record<string, number> {
  return Object.fromEntries(
    steps.flatMap(({ id, figures }) =>
      figures.map(({ label, value }) => [`${id}: ${label}`, value]),
    ),
  );
}

function isOf(kind: string, server: string, endpoint: string) {
  return (it: DemoEvent): boolean =>
    it.kind === kind && it.server === server && it.endpoint === endpoint;
}

function the(events: readonly DemoEvent[], fits: (it: DemoEvent) => boolean): DemoEvent {
  const found = events.filter(fits);
  if (found.length !== 1 || !found[0]) throw new Error(`There are ${found.length} of them.`);
  return found[0];
}
