import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterTest } from "../support/clean-up.ts";
import { ownPort } from "../support/own-port.ts";
import { until } from "../support/until.ts";
import { QuickStart } from "./support/quick-start.ts";

const tarball = process.env.PACKED_TARBALL ?? "";

/** An empty folder, in which the tarball is installed as the README says. */
async function emptyFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "quick-start-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  return { folder, prepare: (start: QuickStart) => start.install(tarball) };
}

/** The clone in which the tarball was made. */
async function clone() {
  return { folder: path.join(path.dirname(tarball), "source"), prepare: async () => {} };
}

it.each([
  ["an empty folder with the tarball", emptyFolder],
  ["a clone that was packed", clone],
])(
  "the quick start runs as it is printed, in %s",
  async (_, place) => {
    const { folder, prepare } = await place();
    const ports = { app: await ownPort(), eastus: await ownPort(), westus: await ownPort() };
    const start = new QuickStart(folder, ports);
    afterTest(() => start.end());
    await prepare(start);
    await start.save();

    const emulators = start.startEmulators();
    await until(() => emulators.every(({ output }) => output.includes("Ctrl-C stops it.")), 60_000);
    start.startApp();
    const app = `http://localhost:${ports.app}`;
    const negotiate = async (): Promise<Record<string, unknown>> => {
      const response = await until(() => fetch(`${app}/negotiate`).catch(() => undefined));
      return (await response.json()) as Record<string, unknown>;
    };
    const [answer, printed] = [await negotiate(), start.answer];
    expect(Object.keys(answer)).toEqual(Object.keys(printed));
    const { endpoint, role, reviewAfterInMs } = printed;
    expect(answer).toMatchObject({ endpoint, role, reviewAfterInMs });
    expect(String(answer.url).split("=")[0]).toBe(String(printed.url).split("=")[0]);

    const client = start.startClient();
    const notified = () => fetch(`${app}/notify`, { method: "POST" });
    const heard = () => client.output.match(/\{ text: 'hi' \}/g)?.length ?? 0;
    await until(async () => (await notified()).ok && heard() > 0, 30_000);

    emulators.at(-1)?.interrupt();
    await until(async () => (await negotiate()).endpoint === "westus");
    await until(() => /^eastus westus \d+$/m.test(client.output));
    const before = heard();
    await until(async () => (await notified()).ok && heard() > before);
  },
  180_000,
);
