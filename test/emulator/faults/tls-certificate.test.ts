import { X509Certificate } from "node:crypto";
import { Agent, request as openRequest } from "node:https";
import { resilientPubSub } from "express-resilient-pubsub";
import type { Emulator, EmulatorOptions } from "express-resilient-pubsub/emulator";
import { createSelfSignedCertificate } from "../../../src/emulator/http/self-signed-certificate.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { trust } from "../../support/trust.ts";
import { until } from "../../support/until.ts";
import { createFaultScene } from "../support/fault-scene.ts";

const { scene } = createFaultScene();

afterEach(() => jest.restoreAllMocks());

const kind = "tls";

const problems = [
  ["wrong", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["expired", "CERT_HAS_EXPIRED"],
] as const;

interface Trust {
  ca?: string | string[] | undefined;
  agent?: Agent | undefined;
  rejectUnauthorized?: boolean;
}

/** One health check; its status, or the code of the error. */
function check({ port, certificate }: Emulator, options: Trust = {}): Promise<unknown> {
  return new Promise((resolve) => {
    const where = { host: "127.0.0.1", port, path: "/api/health", method: "HEAD" };
    openRequest({ ...where, ca: certificate, agent: new Agent(), ...options })
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code))
      .on("response", (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
      .end();
  });
}

const start = (options: EmulatorOptions = {}) => scene.emulator({ tls: true, ...options });

describe.each(problems)("a certificate that is %s", (certificate, code) => {
  test("is what new connections see, and open ones go on", async () => {
    const emulator = await start();
    const client = await scene.connectJson(emulator);
    const agent = new Agent({ keepAlive: true });
    scene.defer(() => agent.destroy());
    expect(await check(emulator, { agent })).toBe(200);
    await emulator.inject({ kind, certificate });
    expect(await check(emulator)).toBe(code);
    await expect(scene.connectJson(emulator)).rejects.toMatchObject({ code });
    expect(await check(emulator, { agent })).toBe(200);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect(await check(emulator)).toBe(200);
  });

  test("is seen by those who could resume a session of before", async () => {
    const emulator = await start();
    const agent = new Agent();
    expect(await check(emulator, { agent })).toBe(200);
    await emulator.inject({ kind, certificate });
    expect(await check(emulator, { agent })).toBe(code);
  });

  test("lets in who does not look", async () => {
    const emulator = await start();
    await emulator.inject({ kind, certificate });
    expect(await check(emulator, { rejectUnauthorized: false })).toBe(200);
  });

  test("is told from that of another emulator by who trusts both", async () => {
    const [one, other] = [await start(), await start()];
    const ca = [one.certificate ?? "", other.certificate ?? ""];
    for (const emulator of [one, other]) {
      await emulator.inject({ kind, certificate });
      expect(await check(emulator, { ca })).toBe(code);
    }
  });

  test("is refused too where the right one was given in the options", async () => {
    const given = createSelfSignedCertificate(["127.0.0.1"], new Date());
    const emulator = await start({ tls: given });
    expect(emulator.certificate).toBe(given.cert);
    expect(await check(emulator)).toBe(200);
    await emulator.inject({ kind, certificate });
    // Who issued it, nobody knows; of two things that are wrong, Node tells the last.
    expect(await check(emulator)).toMatch(/^UNABLE_TO_|CERT_HAS_EXPIRED/);
    await emulator.clear();
    expect(await check(emulator)).toBe(200);
  });

  test.each<[string, (emulator: Emulator) => unknown]>([
    ["a restart", (emulator) => emulator.restart()],
    ["another fault", (emulator) => emulator.inject({ kind: "gray" })],
    [
      "a crash",
      async (emulator) => {
        await emulator.inject({ kind: "crash" });
        await emulator.clear();
      },
    ],
  ])("is the right one again after %s", async (_what, end) => {
    const emulator = await start();
    await emulator.inject({ kind, certificate });
    await end(emulator);
    expect(await check(emulator)).toBe(200);
  });

  test("is for the plugin an endpoint that is down, for that reason", async () => {
    const emulator = await start();
    trust(emulator.certificate);
    await emulator.inject({ kind, certificate });
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "east", role: "primary", connectionString: emulator.connectionString }],
        negotiate: { allowAnonymous: true },
        health: { schedule: false, transitionIntervalInMs: 10 },
      }),
    );
    await pubsub.ready();
    expect(pubsub.endpoints.snapshot()).toMatchObject([{ state: "unhealthy", reason: "tls" }]);
  });
});

test("one bad certificate takes the place of the other, and ends by itself", async () => {
  const emulator = await start();
  await emulator.inject({ kind, certificate: "wrong" });
  await emulator.inject({ kind, certificate: "expired", durationInMs: 200 });
  expect(await check(emulator)).toBe("CERT_HAS_EXPIRED");
  await until(async () => (await check(emulator)) === 200);
});

test("clients trust the certificate of an emulator and whoever issues its bad ones", async () => {
  const [one, issuer] = (await start()).certificate?.match(/-+BEGIN[\s\S]+?-+END.*\n/g) ?? [];
  expect(new X509Certificate(one ?? "")).toMatchObject({ ca: false, subject: "CN=localhost" });
  expect(new X509Certificate(issuer ?? "")).toMatchObject({ ca: true });
  expect(new X509Certificate(issuer ?? "").subjectAltName).toBeUndefined();
});

test("the admin route says what there has to be for it", async () => {
  const emulator = await scene.emulator({ admin: true });
  const answer = await fetch(`${emulator.adminEndpoint}/faults`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind, certificate: "wrong" }),
  });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({
    code: "ERR_INVALID_OPTIONS",
    message: expect.stringContaining("start the emulator with tls: true, or --tls"),
  });
});
