import { formatStartupMessage } from "../../src/cli/startup-message.ts";

const emulator = {
  endpoint: "http://127.0.0.1:8080",
  connectionString: "Endpoint=http://127.0.0.1:8080;AccessKey=k;Version=1.0;",
  port: 8080,
  adminEndpoint: undefined,
};

test("the introduction says where everything is and how to stop", () => {
  const options = {
    hubs: {
      chat: { eventHandlers: [{ urlTemplate: "http://me:hidden@host:3000/{hub}/?code=hidden" }] },
      news: {},
    },
  };
  const adminEndpoint = "http://127.0.0.1:8080/_emulator";
  expect(formatStartupMessage({ ...emulator, adminEndpoint }, options)).toEqual([
    "The emulator of Azure Web PubSub listens on port 8080 of 127.0.0.1.",
    "",
    "  Endpoint           http://127.0.0.1:8080",
    "  Connection string  Endpoint=http://127.0.0.1:8080;AccessKey=k;Version=1.0;",
    "  Health             http://127.0.0.1:8080/api/health",
    "  Hub chat           ws://127.0.0.1:8080/client/hubs/chat",
    "    upstream         http://host:3000/{hub}/",
    "  Hub news           ws://127.0.0.1:8080/client/hubs/news",
    "  Any other hub      ws://127.0.0.1:8080/client/hubs/{hub}",
    "  Admin              http://127.0.0.1:8080/_emulator",
    "",
    "Microsoft's SDK takes this endpoint with { allowInsecureConnection: true }.",
    "Ctrl-C stops it.",
  ]);
});

test("the introduction says what is broken from the beginning on", () => {
  const text = formatStartupMessage(emulator, {}, [{ kind: "gray" }, { kind: "half-open" }]);
  expect(text).toContain("  Broken             gray, half-open");
});

test("the introduction speaks of wss and of no insecure connection when the endpoint is secure", () => {
  const text = formatStartupMessage({ ...emulator, endpoint: "https://my.example" }, {}).join("\n");
  expect(text).toContain("  Any hub            wss://my.example/client/hubs/{hub}");
  expect(text).not.toMatch(/insecure|Admin/i);
});

test.each([
  ["http://pubsub:8080", true],
  ["http://192.168.1.2:8080", true],
  ["http://[::1]:8080", false],
  ["https://pubsub:8080", false],
])("the introduction of an endpoint at %s tells of allowInsecure: %s", (endpoint, isTold) => {
  const text = formatStartupMessage({ ...emulator, endpoint }, {}).join("\n");
  expect(text.includes("resilientPubSub takes it with service: { allowInsecure: true }.")).toBe(
    isTold,
  );
});

test("the introduction names the host when it was chosen", () => {
  expect(formatStartupMessage(emulator, { host: "::" })[0]).toMatch(/on port 8080 of ::\.$/);
});

test.each([
  ["warns of a certificate that nobody trusts", true, true],
  ["has nothing to say of a certificate that was brought", { cert: "c", key: "k" }, false],
])("%s", (_what, tls, isWarned) => {
  expect(formatStartupMessage(emulator, { tls }).join("\n").includes("self-signed")).toBe(isWarned);
});
