import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { ChildServer } from "./child-server.ts";

export interface Azurite {
  readonly key: string;
  readonly url: string;
  readonly connectionString: string;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

const program = path.resolve("node_modules/azurite/dist/src/blob/main.js");
const ACCOUNT = "coordination";
const OPTIONS = [
  "--inMemoryPersistence",
  "--disableTelemetry",
  "--skipApiVersionCheck",
  "--silent",
];

/** Azure Blob Storage as Microsoft emulates it, on a free port, with an account of its own. */
export async function startAzurite(): Promise<Azurite> {
  const key = randomBytes(64).toString("base64");
  const args = [program, "--blobHost", "127.0.0.1", "--blobPort", "0", ...OPTIONS];
  const env = { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` };
  const server = new ChildServer(process.execPath, args, { env, cwd: tmpdir() });
  const [, origin] = await server.waitForOutput(/successfully listens on (http:\S+)/);
  const url = `${origin}/${ACCOUNT}`;
  return {
    key,
    url,
    connectionString: connectionStringOf(url, key),
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: () => server.close(),
  };
}

export function connectionStringOf(url: string, key: string): string {
  const protocol = new URL(url).protocol.slice(0, -1);
  return `DefaultEndpointsProtocol=${protocol};AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${url};`;
}
