import type { TokenCredential } from "@azure/core-auth";
import { type Diagnosis, diagnose } from "express-resilient-pubsub/doctor";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterFile } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { entraCredential } from "../support/entra-credential.ts";
import { trust } from "../support/trust.ts";
import { linesOf } from "./support/two-endpoints.ts";

jest.setTimeout(30_000);

let eastus: Emulator;
beforeAll(async () => {
  eastus = closeAfterFile(await startEmulator({ tls: true, acceptEntraTokens: true }));
});
beforeEach(() => trust(eastus.certificate));
afterEach(async () => {
  jest.restoreAllMocks();
  await eastus.clear();
});

/** Diagnoses an instance that is given by a credential. */
const diagnoseWith = (credential: TokenCredential): Promise<Diagnosis> =>
  diagnose(
    {
      hub: "chat",
      endpoints: [{ name: "eastus", role: "primary", endpoint: eastus.endpoint, credential }],
      negotiate: { authenticate: () => null },
    },
    { checks: ["calls", "round-trip"], timeoutInMs: 1000 },
  );

it("an identity that has its role sends, and its clients connect", async () => {
  const diagnosis = await diagnoseWith(entraCredential());
  expect(linesOf(diagnosis, "fail")).toEqual([]);
  expect(linesOf(diagnosis, "pass").join("\n")).toMatch(/heard 3 messages in order/);
});

it("an identity without a role fails with the role that it needs", async () => {
  await eastus.inject({ kind: "accessDenied", requestTypes: ["RESTAPI"] });
  const { findings } = await diagnoseWith(entraCredential());
  const failed = findings.find(({ check, status }) => check === "calls" && status === "fail");
  expect(failed?.remedy).toMatch(/role/);
});

it.each<[string, TokenCredential]>([
  ["whose provider is away", { getToken: () => Promise.reject(new Error("no route")) }],
  ["that has no token", { getToken: async () => null }],
  ["that hangs", { getToken: () => new Promise(() => {}) }],
])("an identity %s fails with what to look at", async (_, credential) => {
  const { findings } = await diagnoseWith(credential);
  const failed = findings.filter(({ status }) => status === "fail");
  expect(failed.map(({ check }) => check)).toContain("calls");
  for (const { what, remedy } of failed) {
    expect(`${what} ${remedy}`).toMatch(/identity|role|credential/i);
    expect(what).not.toContain("no route");
  }
});
