import { fileURLToPath } from "node:url";
import { Output } from "../../../src/cli/output.ts";
import { run } from "../../../src/cli/run.ts";

interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stopSignal?: AbortSignal;
  /** Somebody watches. */
  readonly isTTY?: boolean;
  /** Told what is written to stderr. */
  readonly onError?: (text: string) => void;
}

/** Runs a command line in this process; modules of the user's are those of CommonJS. */
export async function runLine(
  argv: readonly string[],
  {
    env = {},
    stopSignal = new AbortController().signal,
    isTTY = false,
    onError,
  }: Surroundings = {},
) {
  const collect = (told?: (text: string) => void) => {
    const lines: string[] = [];
    const write = (text: string): void => {
      lines.push(text);
      told?.(text);
    };
    return { lines, isTTY, writableLength: 0, write };
  };
  const [stdout, stderr] = [collect(), collect(onError)];
  const code = await run(argv, {
    output: new Output(stdout),
    errors: new Output(stderr),
    env,
    stopSignal,
    importModule: async (url) => ({ default: require(fileURLToPath(url)) }),
  });
  return { code, stdout: stdout.lines.join(""), stderr: stderr.lines.join("") };
}
