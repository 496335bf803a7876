import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { createSelfSignedCertificate } from "../../src/emulator/http/self-signed-certificate.ts";
import { bundledProgram } from "../support/bundled-program.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { AzureDeployment } from "./support/azure-deployment.ts";
import { freePort } from "./support/snippets.ts";

// The app server is a process of its own, which takes its time to start on a busy machine.
jest.setTimeout(60_000);

const folder = path.join(__dirname, "../../docs/azure");

/** What App Service gives an app to get the tokens of its identity from. */
async function startIdentityServer(): Promise<Record<string, string>> {
  const credential = entraCredential();
  const { url } = closeAfterTest(
    await serve(async (req, res) => {
      const token = await credential.getToken("");
      const isAllowed = req.headers["x-identity-header"] === "of this app";
      res.writeHead(isAllowed ? 200 : 401, { "Content-Type": "application/json" });
      const expires_on = Math.floor((token?.expiresOnTimestamp ?? 0) / 1000);
      res.end(JSON.stringify({ access_token: token?.token, expires_on }));
    }),
  );
  return { IDENTITY_ENDPOINT: `${url}/token`, IDENTITY_HEADER: "of this app" };
}

it("docs/azure/app.mjs serves clients and events of both instances, by its identity and the keys in the vault", async () => {
  const PORT = await freePort();
  const app = `http://127.0.0.1:${PORT}`;
  const deployment = await AzureDeployment.record(path.join(folder, "create.sh"));
  const settings = deployment.environmentOf("eastus");
  // One for both, since OpenSSL tells two self-signed ones of the same name not apart.
  const tls = createSelfSignedCertificate(["127.0.0.1"], new Date());
  const start = async (name: string) => {
    const [accessKey, secondaryAccessKey] =
      settings[`WPS_KEYS_${name.toUpperCase()}`]?.split(",") ?? [];
    const urlTemplate = `${app}/api/webpubsub/hubs/{hub}/`;
    const eventHandlers = [{ urlTemplate, userEventPattern: "*" }];
    return closeAfterTest(
      await startEmulator({
        tls,
        acceptEntraTokens: true,
        accessKey,
        secondaryAccessKey,
        hubs: { chat: { eventHandlers } },
      }),
    );
  };
  const [eastus, westus] = [await start("eastus"), await start("westus2")];
  const endpoints = JSON.parse(settings.WPS_ENDPOINTS ?? "");
  expect(endpoints).toEqual([
    {
      name: "eastus",
      endpoint: "https://contoso-eastus.webpubsub.azure.com",
      clientEndpoint: "https://east.example.com",
    },
    { name: "westus2", endpoint: "https://contoso-westus2.webpubsub.azure.com" },
  ]);
  settings.WPS_ENDPOINTS = JSON.stringify([
    { name: "eastus", endpoint: eastus.endpoint },
    { name: "westus2", endpoint: westus.endpoint, clientEndpoint: null }, // as by Bicep
  ]);

  const certificates = path.join(await temporaryFolder(), "certificates.pem");
  await writeFile(certificates, tls.cert);
  const child = spawn(process.execPath, [bundledProgram(path.join(folder, "app.mjs"))], {
    env: {
      ...settings,
      ...(await startIdentityServer()),
      PORT,
      NODE_EXTRA_CA_CERTS: certificates,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  closeAfterTest({ close: () => child.kill("SIGKILL") });
  await until(async () => (await fetch(`${app}/status`).catch(() => undefined))?.ok);

  const negotiate = async () =>
    (await (await fetch(`${app}/negotiate`)).json()) as { url: string; endpoint: string };
  const hear = async (text: string, { url }: { url: string }, ca: string) => {
    const socket = new WebSocket(url, "json.webpubsub.azure.v1", { ca });
    closeAfterTest({ close: () => socket.terminate() });
    const frames: unknown[] = [];
    socket.on("message", (frame) => frames.push(JSON.parse(String(frame))));
    socket.on("error", () => {});
    await until(() => frames.length > 0);
    socket.send(JSON.stringify({ type: "event", event: "say", dataType: "text", data: text }));
    await until(() => frames.find((frame) => JSON.stringify(frame).includes(`"said":"${text}"`)));
  };
  const first = await negotiate();
  expect(first).toMatchObject({ endpoint: "eastus", grant: expect.any(String) });
  await hear("hello", first, tls.cert);

  await eastus.inject({ kind: "crash" });
  const second = await until(async () => {
    const answer = await negotiate();
    return answer.endpoint === "westus2" ? answer : undefined;
  });
  await hear("hello again", second, tls.cert);

  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

async function temporaryFolder(): Promise<string> {
  const created = await mkdtemp(path.join(tmpdir(), "azure-"));
  afterTest(() => rm(created, { recursive: true, force: true }));
  return created;
}
