import { createPrivateKey, X509Certificate } from "node:crypto";
import { request as openRequest } from "node:https";
import { connect as connectTls } from "node:tls";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { createSelfSignedCertificate } from "../../../src/emulator/http/self-signed-certificate.ts";
import { startEmulator } from "../../support/emulator.ts";
import { callRest, openTcp, restToken, sendRaw } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();

interface SecureCall {
  path?: string;
  host?: string;
  /** Defaults to the emulator's own certificate. */
  ca?: string | undefined;
  token?: string;
}

function callSecurely(emulator: Emulator, call: SecureCall = {}): Promise<number> {
  const { path = "/api/health", host = "127.0.0.1", token } = call;
  const ca = "ca" in call ? call.ca : emulator.certificate;
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    openRequest({ host, port: emulator.port, path, ca, headers, method: "HEAD", agent: false })
      .on("error", reject)
      .on("response", (response) => resolve(response.resume().statusCode ?? 0))
      .end();
  });
}

const codeOf = (failing: Promise<unknown>): Promise<string> =>
  failing.then(
    () => "no error",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

describe("with tls: true", () => {
  test("the service speaks https, under a certificate that can be trusted", async () => {
    const emulator = await scene.emulator({ tls: true });
    expect(emulator.endpoint).toBe(`https://127.0.0.1:${emulator.port}`);
    for (const host of ["127.0.0.1", "localhost"]) {
      expect(await callSecurely(emulator, { host })).toBe(200);
    }
    expect(await codeOf(callSecurely(emulator, { ca: undefined }))).toBe(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
  });

  test("REST tokens name the https URL", async () => {
    const emulator = await scene.emulator({ tls: true });
    const path = "/api/hubs/chat/users/u?api-version=2024-12-01";
    const token = restToken(emulator, path);
    expect(await callSecurely(emulator, { path, token })).toBe(404);
    expect(await callSecurely(emulator, { path, token: `${token}x` })).toBe(401);
  });

  test("clients speak wss", async () => {
    const emulator = await scene.emulator({ tls: true });
    const client = await scene.connectJson(emulator);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect(await codeOf(new SocketClient(clientUrl(emulator, "chat")).opened)).toBe(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
  });

  test("the certificate names this machine, the host and the public endpoint", async () => {
    const emulator = await scene.emulator({
      tls: true,
      host: "127.0.0.2",
      publicEndpoint: "https://chat.example.com",
    });
    const certificate = new X509Certificate(emulator.certificate ?? "");
    const names = certificate.subjectAltName?.split(", ");
    expect(names).toEqual([
      "DNS:localhost",
      "IP Address:127.0.0.1",
      "IP Address:0:0:0:0:0:0:0:1",
      "IP Address:127.0.0.2",
      "DNS:chat.example.com",
    ]);
  });

  test("each emulator has a certificate and a key of its own", async () => {
    const [one, other] = [await scene.emulator({ tls: true }), await scene.emulator({ tls: true })];
    expect(one.certificate).not.toBe(other.certificate);
    expect(await codeOf(callSecurely(one, { ca: other.certificate }))).not.toBe("no error");
  });
});

describe("a self-signed certificate", () => {
  const now = new Date("2030-02-28T23:59:58.999Z");

  test("is for servers only, signed with its own key, and good for a year and a day", () => {
    const { cert, key } = createSelfSignedCertificate(["localhost"], now);
    const certificate = new X509Certificate(cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate).toMatchObject({
      ca: false,
      subject: "CN=localhost",
      issuer: "CN=localhost",
      keyUsage: ["1.3.6.1.5.5.7.3.1"],
      validFrom: "Feb 27 23:59:58 2030 GMT",
      validTo: "Feb 28 23:59:58 2031 GMT",
    });
  });

  test.each([
    ["chat.example.com", "DNS:chat.example.com"],
    [`${"long-name.".repeat(20)}example`, `DNS:${"long-name.".repeat(20)}example`],
    ["10.0.0.255", "IP Address:10.0.0.255"],
    ["::", "IP Address:0:0:0:0:0:0:0:0"],
    ["2001:db8::1:0:a", "IP Address:2001:DB8:0:0:0:1:0:A"],
    ["::ffff:10.0.0.1", "IP Address:0:0:0:0:0:FFFF:A00:1"],
    ["fe80::1%eth0", "IP Address:FE80:0:0:0:0:0:0:1"],
  ])("for %s names it as what it is", (host, name) => {
    const { cert } = createSelfSignedCertificate([host], now);
    expect(new X509Certificate(cert).subjectAltName).toBe(name);
  });

  test("has a serial number that no other has, and never a negative one", () => {
    const serials = Array.from(
      { length: 50 },
      () => new X509Certificate(createSelfSignedCertificate([], now).cert).serialNumber,
    );
    expect(new Set(serials).size).toBe(50);
    expect(serials.filter((serial) => serial.startsWith("-"))).toEqual([]);
  });
});

describe("a certificate of one's own", () => {
  test("a certificate given in the options is the one that the emulator serves", async () => {
    const { cert, private: key } = await selfSigned();
    const emulator = await scene.emulator({ tls: { cert, key } });
    expect(emulator.certificate).toBe(cert);
    expect(await callSecurely(emulator, { host: "localhost" })).toBe(200);
  });

  test.each([
    ["that is none", async () => ({ cert: "cert", key: "a private thing" })],
    [
      "with the key of another",
      async () => ({ cert: (await selfSigned()).cert, key: (await selfSigned()).private }),
    ],
  ])("a certificate %s is refused, with the cause and without the key", async (_what, read) => {
    const tls = await read();
    const error = await startEmulator({ tls }).catch((it) => it);
    expect(error).toMatchObject({
      code: "ERR_INVALID_OPTIONS",
      message: expect.stringMatching(/tls/),
      cause: { message: expect.any(String) },
    });
    expect(`${error.message} ${error.cause.message}`).not.toContain(tls.key);
  });
});

test("without tls there is no certificate", async () => {
  expect((await scene.emulator()).certificate).toBeUndefined();
});

describe("peers that speak another protocol", () => {
  test("plain text on the https port is cut off, and other clients go on", async () => {
    const emulator = await scene.emulator({ tls: true });
    const client = await scene.connectJson(emulator);
    const answer = await sendRaw(emulator, "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n").catch(
      () => "",
    );
    expect(answer).not.toContain("HTTP/1.1 200");
    expect(await callSecurely(emulator)).toBe(200);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  test("TLS on the http port is cut off, and other clients go on", async () => {
    const emulator = await scene.emulator();
    expect(await codeOf(callSecurely(emulator))).not.toBe("no error");
    expect((await callRest(emulator, { method: "GET", path: "/api/health" })).status).toBe(200);
  });

  test("a peer that hangs up during the TLS handshake does not disturb other clients", async () => {
    const emulator = await scene.emulator({ tls: true });
    const socket = await openTcp(emulator.port);
    socket.write(Buffer.from("16030100", "hex"));
    socket.resetAndDestroy();
    expect(await callSecurely(emulator)).toBe(200);
  });
});

describe("faults behind TLS", () => {
  test("a crash cuts clients off, and the service comes back under the same certificate", async () => {
    const emulator = await scene.emulator({ tls: true });
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "crash" });
    expect((await client.closed).code).toBe(1006);
    expect(await codeOf(callSecurely(emulator))).toBe("ECONNREFUSED");
    await emulator.clear();
    expect(await callSecurely(emulator)).toBe(200);
  });

  test("a blackhole does not even answer the handshake of TLS", async () => {
    const emulator = await scene.emulator({ tls: true });
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole" });
    client.send({ type: "ping" });
    const { port: securePort, certificate: ca } = emulator;
    const handshake = connectTls({ host: "127.0.0.1", port: securePort, ca });
    let hasAnswered = false;
    handshake.on("secureConnect", () => {
      hasAnswered = true;
    });
    const cutOff = new Promise((resolve) => handshake.on("error", resolve));
    await new Promise((resolve) => handshake.once("connect", resolve));
    const request = codeOf(callSecurely(emulator));
    const { port } = await scene.emulator();
    // All of this is one event loop, so by then a handshake would have been answered too.
    for (let count = 0; count < 3; count++) {
      await (await fetch(`http://127.0.0.1:${port}/api/health`)).text();
    }
    expect(client.unread).toBe(0);
    await emulator.clear();
    expect(await request).toBe("ECONNRESET");
    await cutOff;
    expect(hasAnswered).toBe(false);
    expect(await client.nextJson()).toEqual({ type: "pong" });
    expect(await callSecurely(emulator)).toBe(200);
  });

  test("a restart ends clients with 1001", async () => {
    const emulator = await scene.emulator({ tls: true });
    const client = await scene.connectJson(emulator);
    await emulator.restart({ keepState: false });
    expect((await client.closed).code).toBe(1001);
    await scene.connectJson(emulator);
  });
});

async function selfSigned() {
  const { generate } = await import("selfsigned");
  return generate([{ name: "commonName", value: "localhost" }], { keyType: "ec" });
}
