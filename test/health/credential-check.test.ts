import net from "node:net";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import type { EndpointOptions } from "../../src/contract/options.ts";
import { checkCredentials } from "../../src/health/credential-check.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";

const options = { timeoutInMs: 200, signal: new AbortController().signal };

function endpointWith(rest: Omit<EndpointOptions, "name" | "role">): Endpoint {
  const endpoint = createEndpoint(parseEndpoint({ name: "a", role: "primary", ...rest }), "chat");
  return closeAfterTest(endpoint);
}

const start = async (): Promise<Emulator> => closeAfterTest(await startEmulator());

describe("a check of the credentials, made while the service", () => {
  it.each<[string, Fault | undefined, string]>([
    ["is well", undefined, "accepted"],
    ["minds our pace", { kind: "throttle" }, "accepted"],
    ["denies us access", { kind: "accessDenied" }, "rejected"],
    ["answers with 401", { kind: "unhealthy", status: 401 }, "rejected"],
    ["fails, its health check being green", { kind: "gray" }, "failed"],
    [
      "is silent, its health check being green",
      { kind: "blackhole", requestTypes: ["RESTAPI"] },
      "failed",
    ],
    ["is down", { kind: "crash" }, "failed"],
  ])("%s: %j %s", async (_, fault, expected) => {
    const emulator = await start();
    if (fault) await emulator.inject(fault);
    expect(
      await checkCredentials(
        endpointWith({ connectionString: emulator.connectionString }),
        options,
      ),
    ).toBe(expected);
  });

  it("has another key: rejected", async () => {
    const emulator = await start();
    const endpoint = endpointWith({ connectionString: emulator.connectionString });
    emulator.rotateKey("primary");
    expect(await checkCredentials(endpoint, options)).toBe("rejected");
  });
});

describe("a credential that", () => {
  const identityError = (statusCode: number) =>
    Object.assign(new Error("x"), { name: "AuthenticationError", statusCode });
  it.each<[string, string, () => Promise<never>]>([
    ["gives no token", "failed", () => Promise.reject(new Error("none here"))],
    ["never answers", "failed", () => new Promise(() => {})],
    ["does not know us any more", "rejected", () => Promise.reject(identityError(401))],
    ["cannot make sense of us", "failed", () => Promise.reject(identityError(400))],
  ])("%s counts as %s", async (_, expected, getToken) => {
    const endpoint = endpointWith({
      endpoint: "https://127.0.0.1:1",
      credential: { getToken },
    });
    expect(await checkCredentials(endpoint, options)).toBe(expected);
  });
});

it("a credential check says nothing when this process has run out of file descriptors", async () => {
  const endpoint = endpointWith({ connectionString: (await start()).connectionString });
  const error = Object.assign(new Error("too many open files"), { code: "EMFILE" });
  jest.spyOn(net, "connect").mockImplementationOnce(() => new net.Socket().destroy(error));
  expect(await checkCredentials(endpoint, options)).toBe("inconclusive");
});

it("a credential check that is ended early says nothing", async () => {
  const emulator = await start();
  await emulator.inject({ kind: "blackhole" });
  const controller = new AbortController();
  const result = checkCredentials(endpointWith({ connectionString: emulator.connectionString }), {
    ...options,
    signal: controller.signal,
  });
  controller.abort();
  expect(await result).toBe("inconclusive");
});

it("a credential check whose deadline passed while this process was busy is repeated", async () => {
  const emulator = await start();
  await emulator.inject({ kind: "latency", delayInMs: 50 });
  const result = checkCredentials(
    endpointWith({ connectionString: emulator.connectionString }),
    options,
  );
  await new Promise((resolve) => setTimeout(resolve, 10));
  const busyUntil = performance.now() + 500;
  while (performance.now() < busyUntil);
  expect(await result).toBe("accepted");
});
