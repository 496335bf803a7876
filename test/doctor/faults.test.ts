import dns from "node:dns";
import { type CheckId, type DiagnoseOptions, diagnose } from "express-resilient-pubsub/doctor";
import type { EmulatorOptions, Fault, FaultKind } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { trust } from "../support/trust.ts";
import { linesOf, optionsFor } from "./support/two-endpoints.ts";

jest.setTimeout(30_000);
afterEach(() => jest.restoreAllMocks());

interface Case {
  readonly title: string;
  readonly fault: Fault;
  readonly check: CheckId;
  readonly finds: RegExp;
  readonly remedy: RegExp;
  readonly status?: "warn";
  readonly emulator?: EmulatorOptions;
  readonly healthTimeoutInMs?: number;
  readonly given?: DiagnoseOptions;
}

const CASES: readonly Case[] = [
  {
    title: "a crash",
    fault: { kind: "crash" },
    check: "health",
    finds: /^health eastus .*refused$/,
    remedy: /whether the instance runs/,
  },
  {
    title: "a region that answers nothing",
    fault: { kind: "blackhole" },
    check: "health",
    finds: /^health eastus .*timeout$/,
    remedy: /health\.timeoutInMs/,
    healthTimeoutInMs: 200,
  },
  {
    title: "a region that has given up its connections",
    fault: { kind: "half-open" },
    check: "health",
    finds: /^health eastus .*timeout$/,
    remedy: /network to the region/,
    healthTimeoutInMs: 200,
  },
  {
    title: "an unhealthy region",
    fault: { kind: "unhealthy", status: 503 },
    check: "health",
    finds: /^health eastus .*status\(503\)$/,
    remedy: /service health/,
  },
  {
    title: "a gray region",
    fault: { kind: "gray" },
    check: "calls",
    finds: /^calls eastus 6 of 6 test messages: was answered status 500$/,
    remedy: /whatever its health says/,
  },
  {
    title: "a throttled region",
    fault: { kind: "throttle", retryAfterInSeconds: 1 },
    check: "calls",
    finds: /^calls eastus 6 of 6 .*status 429$/,
    remedy: /add units/,
  },
  {
    title: "a region that throttles some calls only",
    fault: { kind: "throttle", share: 0.5, requestTypes: ["RESTAPI"] },
    check: "calls",
    finds: /^calls eastus [1-5] of 6 .*status 429$/,
    remedy: /add units/,
  },
  {
    title: "a region that is shut to this server",
    fault: { kind: "accessDenied" },
    check: "calls",
    finds: /^calls eastus .*status 403$/,
    remedy: /public network access/,
  },
  {
    title: "a region that is shut to clients only",
    fault: { kind: "accessDenied", requestTypes: ["ClientConnection"] },
    check: "round-trip",
    finds: /^round-trip eastus json\.webpubsub\.azure\.v1: could not connect, .* 403$/,
    remedy: /access control rules for client connections/,
  },
  {
    title: "a region whose answers come late",
    fault: { kind: "latency", delayInMs: 60 },
    check: "latency",
    finds: /^latency eastus \d+ ms.* of the 200 ms of a health check$/,
    remedy: /far away/,
    status: "warn",
    healthTimeoutInMs: 200,
  },
  {
    title: "a slow link",
    fault: { kind: "slow-link", bytesPerSecond: 200 },
    check: "health",
    finds: /^health eastus .*timeout$/,
    remedy: /network to the region/,
    healthTimeoutInMs: 300,
  },
  {
    title: "a certificate for another name",
    fault: { kind: "tls", certificate: "wrong" },
    check: "tls",
    finds: /^tls eastus .*ERR_TLS_CERT_ALTNAME_INVALID/,
    remedy: /for another name/,
    emulator: { tls: true },
  },
  {
    title: "a certificate whose time is over",
    fault: { kind: "tls", certificate: "expired" },
    check: "tls",
    finds: /^tls eastus .*CERT_HAS_EXPIRED/,
    remedy: /renew/,
    emulator: { tls: true },
  },
  {
    title: "a name that leads nowhere",
    fault: { kind: "dns" },
    check: "dns",
    finds: /^dns eastus localhost leads nowhere \(ENOTFOUND\)$/,
    remedy: /private DNS zone/,
    emulator: { host: "localhost" },
  },
  {
    title: "a firewall that refuses what users write",
    fault: { kind: "poison", text: "SELECT * FROM" },
    check: "firewall",
    finds: /^firewall eastus .*status 403, others are not$/,
    remedy: /\/api\/hubs\//,
  },
  {
    title: "a firewall that refuses a text of the app's own",
    fault: { kind: "poison", text: "Cc:" },
    check: "firewall",
    finds: /^firewall eastus a message like "Cc: bob" /,
    remedy: /\/api\/hubs\//,
    given: { samples: ["hello", "Cc: bob"] },
  },
];

it.each(CASES)("diagnose finds $title beforehand, and says what to do", async (it) => {
  const westus = closeAfterTest(await startEmulator());
  const eastus = closeAfterTest(await startEmulator(it.emulator));
  if (eastus.certificate) trust(eastus.certificate);
  if (it.fault.kind === "dns") jest.spyOn(dns, "lookup").mockImplementation(eastus.lookup as never);
  await eastus.inject(it.fault);
  const health = it.healthTimeoutInMs ? { timeoutInMs: it.healthTimeoutInMs } : undefined;
  const diagnosis = await diagnose(optionsFor({ eastus, westus }, { health }), {
    checks: [it.check],
    ...it.given,
  });
  const { status = "fail" } = it;
  const finding = diagnosis.findings.find(
    (one) => one.status === status && it.finds.test(`${one.check} ${one.subject} ${one.what}`),
  );
  expect({ finding, lines: linesOf(diagnosis, status) }).toEqual({
    finding: expect.objectContaining({ remedy: expect.stringMatching(it.remedy) }),
    lines: expect.arrayContaining([expect.stringMatching(it.finds)]),
  });
  expect(diagnosis.ok).toBe(status === "warn");
  expect(linesOf(diagnosis, "fail").filter((line) => line.includes("westus"))).toEqual([]);
  const told = JSON.stringify(diagnosis);
  for (const { connectionString } of [eastus, westus]) {
    expect(told).not.toContain(/AccessKey=([^;]+)/.exec(connectionString)?.[1]);
  }
  expect(told).not.toContain("eyJ");
});

it("the cases have every fault of the emulator", () => {
  const all: Record<FaultKind, true> = {
    crash: true,
    blackhole: true,
    unhealthy: true,
    throttle: true,
    accessDenied: true,
    latency: true,
    gray: true,
    "slow-link": true,
    "half-open": true,
    tls: true,
    dns: true,
    poison: true,
  };
  expect(new Set(CASES.map(({ fault }) => fault.kind))).toEqual(new Set(Object.keys(all)));
});

it("two regions that are well have nothing failing and nothing to know of", async () => {
  const [eastus, westus] = [
    closeAfterTest(await startEmulator()),
    closeAfterTest(await startEmulator()),
  ];
  const diagnosis = await diagnose(optionsFor({ eastus, westus }));
  expect([linesOf(diagnosis, "fail"), linesOf(diagnosis, "warn")]).toEqual([[], []]);
  expect(diagnosis).toMatchObject({ ok: true, hub: "chat", counts: { fail: 0, warn: 0 } });
  expect(linesOf(diagnosis, "pass")).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^round-trip eastus protobuf\.reliable\.webpubsub\.azure\.v1: connected, and has heard 3 messages in order/,
      ),
      "metadata westus metadata of messages arrives",
      "clock westus the clocks agree within 30 s",
    ]),
  );
});
