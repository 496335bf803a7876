import type { Environment } from "../contract/environment.ts";
import type { DrillView } from "../contract/live.ts";
import { startEmulatedEnvironment } from "../environment/emulated-environment.ts";
import { GuidedDrill } from "../guided-drill/guided-drill.ts";
import { displayOn, type Output } from "./terminal-display.ts";

export interface ClientServerDrillOptions {
  readonly clients: number;
  /** The result as JSON, and nothing else, on the output; the progress goes to `sideOutput`. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Default: standard output. */
  readonly output?: Output;
  /** Default: standard error. */
  readonly sideOutput?: Output;
  /** Default: two emulated regions. */
  readonly startEnvironment?: () => Promise<Environment>;
}

/** Runs the guided drill in an environment of its own. @returns Whether it passed. */
export async function runClientServerDrill({
  clients,
  json,
  signal,
  output = process.stdout,
  sideOutput = process.stderr,
  startEnvironment = startEmulatedEnvironment,
}: ClientServerDrillOptions): Promise<boolean> {
  const environment = await startEnvironment();
  try {
    if (!signal.aborted) await environment.clients.resize(clients);
    // Nobody looks at a map here.
    const drill = new GuidedDrill(environment, { lingerInMs: 0 });
    const display = displayOn(json ? sideOutput : output);
    const view = await runToEnd(drill, signal, (now) => display.show(now));
    const isPassed = view?.state === "passed";
    output.write(json ? resultOf(view, clients) : textOf(view));
    return isPassed;
  } finally {
    await environment.close();
  }
}

/** Resolves when it has ended, or to null when it has been interrupted before it could begin. */
async function runToEnd(
  drill: GuidedDrill,
  signal: AbortSignal,
  show: (view: DrillView) => void,
): Promise<DrillView | null> {
  if (signal.aborted) return null;
  const stop = (): void => void drill.stop();
  signal.addEventListener("abort", stop);
  try {
    return await new Promise((resolve) => {
      drill.onChange(() => {
        const { view } = drill;
        if (!view) return;
        show(view);
        if (view.state !== "running") resolve(view);
      });
      drill.start();
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The report, and below it what it has come to. */
function textOf(view: DrillView | null): string {
  const result = view?.result ? `\n${view.result}\n` : "";
  return `\n${view?.markdown ?? "Stopped.\n"}${result}`;
}

function resultOf(view: DrillView | null, clients: number): string {
  const state = view?.state ?? "stopped";
  const steps = view?.steps.map(({ caption: _caption, ...step }) => step) ?? [];
  const answer = {
    topology: "client-server",
    isPassed: state === "passed",
    state,
    clients,
    result: view?.result ?? null,
    steps,
    markdown: view?.markdown ?? null,
  };
  return `${JSON.stringify(answer, undefined, 2)}\n`;
}
