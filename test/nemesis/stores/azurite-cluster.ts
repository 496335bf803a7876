import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { connectionStringOf } from "../../../demo-app/processes/azurite.ts";
import { ChildServer } from "../../../demo-app/processes/child-server.ts";
import { onOwnPort } from "../../support/own-port.ts";
import type { Guardian } from "../processes/guardian.ts";
import { STORE_NAMESPACE } from "../programs/program-messages.ts";
import type { StoreCluster } from "./store-cluster.ts";

const program = path.resolve("node_modules/azurite/dist/src/blob/main.js");
/** The account of `connectionStringOf`. */
const ACCOUNT = "coordination";
const OPTIONS = ["--disableTelemetry", "--skipApiVersionCheck", "--silent"];

/** Azure Blob Storage as Microsoft emulates it, which keeps its blobs in a folder. */
export async function startAzuriteCluster(guardian: Guardian): Promise<StoreCluster> {
  const key = randomBytes(64).toString("base64");
  const folder = await mkdtemp(path.join(tmpdir(), "nemesis-azurite-"));
  let port = 0;
  let server = await onOwnPort((chosen) => {
    port = chosen;
    return start();
  });

  async function start(): Promise<ChildServer> {
    const args = [program, "--blobHost", "127.0.0.1", "--blobPort", String(port)];
    const env = { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` };
    const started = new ChildServer(process.execPath, [...args, "--location", folder, ...OPTIONS], {
      env,
      cwd: tmpdir(),
    });
    guardian.watch(started.pid);
    try {
      await started.waitForOutput(/successfully listens on/);
    } catch (error) {
      guardian.release(started.pid);
      const isTaken = /EADDRINUSE/.test(String(error));
      throw isTaken ? Object.assign(new Error("taken"), { code: "EADDRINUSE" }) : error;
    }
    return started;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const { pid } = server;
    await server.close(signal);
    guardian.release(pid);
  }

  const accessAt = (at: number) => ({
    connectionString: connectionStringOf(`http://127.0.0.1:${at}/${ACCOUNT}`, key),
  });
  const container = () =>
    BlobServiceClient.fromConnectionString(accessAt(port).connectionString).getContainerClient(
      STORE_NAMESPACE,
    );

  return {
    portOf: () => port,
    accessAt,
    pause: () => server.pause(),
    resume: () => server.resume(),
    async restart(keepsData, meanwhile) {
      // It writes down what it has when it ends in good order.
      await end(keepsData ? "SIGTERM" : "SIGKILL");
      if (!keepsData) await rm(folder, { recursive: true, force: true });
      await meanwhile();
      server = await start();
    },
    async forget(what) {
      for await (const { name } of container().listBlobsFlat()) {
        const isGone = what === "everything" || name.includes("/servers/");
        if (isGone) await container().deleteBlob(name);
      }
    },
    replica: undefined,
    async close() {
      await end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
