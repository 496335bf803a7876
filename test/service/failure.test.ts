import { createHttpHeaders, RestError } from "@azure/core-rest-pipeline";
import { DeadlineError } from "../../src/kit/deadline.ts";
import { InvalidArgumentError, ResilientPubSubError } from "../../src/kit/errors.ts";
import { classifyFailure, type Failure } from "../../src/service/failure.ts";

const now = Date.UTC(2030, 0, 1);

const answer = (status: number, retryAfter?: string) =>
  answerWith(status, retryAfter ? { "Retry-After": retryAfter } : {});
const answerWith = (status: number, headers: Record<string, string>) =>
  new RestError("x", {
    statusCode: status,
    response: { status, headers: createHttpHeaders(headers) } as never,
  });
const noToken = (cause: unknown) =>
  new ResilientPubSubError("ERR_CREDENTIAL_FAILED", "x", { cause });
const withCode = (code: string, details: object = {}) =>
  Object.assign(new Error("x"), { code, ...details });
const byConnect = { cause: { syscall: "connect" } };

describe("what a call is rejected with is classified as", () => {
  it.each<[string, unknown, Failure["kind"], Failure["evidence"]]>([
    ["an answer of 500", answer(500), "answer", "failing"],
    ["an answer of 503", answer(503), "answer", "failing"],
    ["an answer of 400", answer(400), "answer", "none"],
    ["an answer of 404", answer(404), "answer", "none"],
    ["an answer of 429", answer(429), "answer", "none"],
    ["an answer of 401", answer(401), "answer", "rejected"],
    ["an answer of 403", answer(403), "answer", "rejected"],
    ["an answer without a response", new RestError("x", { statusCode: 500 }), "answer", "failing"],
    ["an answer of 302, which is nobody's of the service", answer(302), "answer", "failing"],
    ["an answer of 408", answer(408), "answer", "failing"],
    ["an answer of 200 that cannot be read", answer(200), "answer", "failing"],
    ["an identity provider's 401", noToken({ statusCode: 401 }), "credential", "rejected"],
    ["an identity provider's 400", noToken({ statusCode: 400 }), "credential", "failing"],
    ["an identity that is away", noToken(new Error("unavailable")), "credential", "failing"],
    ["a credential that rejects with nothing", noToken(undefined), "credential", "failing"],
    ["a credential that rejects with null", noToken(null), "credential", "failing"],
    ["an answer without headers", { statusCode: 429, response: {} }, "answer", "none"],
    ["plain headers", { statusCode: 503, response: { headers: {} } }, "answer", "failing"],
    ["an answer that is null", { statusCode: 503, response: null }, "answer", "failing"],
    ["a cause that is null", { code: "ECONNRESET", cause: null }, "network", "failing"],
    ["a refused connection", new RestError("x", { code: "ECONNREFUSED" }), "network", "failing"],
    ["a reset connection without a name", { code: "ECONNRESET" }, "network", "failing"],
    ["a missed deadline", new DeadlineError(100, false), "deadline", "failing"],
    [
      "a deadline while this process was blocked",
      new DeadlineError(100, true),
      "own-stall",
      "none",
    ],
    ["a want of file descriptors", withCode("EMFILE"), "own-exhaustion", "none"],
    ["a want of ports", new RestError("x", { code: "EADDRNOTAVAIL" }), "own-exhaustion", "none"],
    ["the caller's abort", new DOMException("x", "AbortError"), "other", "none"],
    ["the caller's abort without a name", { code: "ABORT_ERR" }, "other", "none"],
    ["an argument that cannot be used", new InvalidArgumentError("x"), "other", "none"],
    ["such an argument without a name", { code: "ERR_INVALID_ARGUMENT" }, "other", "none"],
    ["an error without a code", new Error("boom"), "other", "none"],
    ["text", "boom", "other", "none"],
    ["text that is a code", "ECONNREFUSED", "other", "none"],
    ["null", null, "other", "none"],
    ["nothing", undefined, "other", "none"],
    ["a code that is a number", { code: 20 }, "other", "none"],
  ])("%s", (_, error, kind, evidence) => {
    expect(classifyFailure(error)).toMatchObject({ kind, evidence });
  });
});

describe("as long as no canary says otherwise, it is the fault of", () => {
  it.each<[Failure["fault"], string, unknown]>([
    ["refused-message", "an answer of 400", answer(400)],
    ["refused-message", "an answer of 404", answer(404)],
    ["refused-message", "an answer of 413", answer(413)],
    ["endpoint", "an answer of 429", answer(429)],
    ["endpoint", "an answer of 401", answer(401)],
    ["endpoint", "an answer of 403", answer(403)],
    ["endpoint", "an answer of 500", answer(500)],
    ["endpoint", "an answer of 302", answer(302)],
    ["endpoint", "a reset connection", withCode("ECONNRESET")],
    ["endpoint", "a missed deadline", new DeadlineError(100, false)],
    ["endpoint", "an identity that is away", noToken(undefined)],
    ["local", "a deadline while this process was blocked", new DeadlineError(100, true)],
    ["local", "a want of file descriptors", withCode("EMFILE")],
    ["local", "the caller's abort", new DOMException("x", "AbortError")],
    ["local", "null", null],
  ])("%s: %s", (fault, _, error) => {
    expect(classifyFailure(error).fault).toBe(fault);
  });
});

describe("a 401 tells how far our clock is ahead of the service's", () => {
  const at = (offsetInMs: number) => new Date(now - offsetInMs).toUTCString();
  it.each<[string, unknown, number | undefined, string]>([
    [
      "when that is an hour",
      answerWith(401, { Date: at(3_600_000) }),
      3_600_000,
      "status 401; the clock of this server is 3600 s ahead of the service's",
    ],
    [
      "when it is behind by ten minutes",
      answerWith(401, { Date: at(-600_000) }),
      -600_000,
      "status 401; the clock of this server is 600 s behind the service's",
    ],
    ["but not by a minute", answerWith(401, { Date: at(60_000) }), undefined, "status 401"],
    ["but not without a date", answerWith(401, {}), undefined, "status 401"],
    ["but not by nonsense", answerWith(401, { Date: "soon" }), undefined, "status 401"],
    ["and a 403 does not", answerWith(403, { Date: at(3_600_000) }), undefined, "status 403"],
  ])("%s", (_, error, clockSkewInMs, label) => {
    expect(classifyFailure(error, now)).toMatchObject({ clockSkewInMs, label });
  });
});

describe("the code of a failure is", () => {
  it.each<[string, unknown, string | undefined]>([
    ["that of the platform", withCode("ECONNREFUSED"), "ECONNREFUSED"],
    ["our own", new DeadlineError(100, false), "ERR_DEADLINE_EXCEEDED"],
    ["none when it is text of an answer", withCode("Unauthorized: token abc\r\n"), undefined],
    ["none when it is a number", { code: 42 }, undefined],
    ["none when it is endless", withCode("A".repeat(100)), undefined],
  ])("%s", (_, error, code) => {
    expect(classifyFailure(error).code).toBe(code);
  });
});

describe("the reason why an endpoint is down is", () => {
  it.each<[string, unknown]>([
    ["dns", withCode("ENOTFOUND")],
    ["dns", withCode("EAI_AGAIN")],
    ["timeout", withCode("ETIMEDOUT")],
    ["timeout", new DeadlineError(100, false)],
    ["refused", withCode("ECONNREFUSED")],
    ["refused", withCode("ECONNRESET")],
    ["refused", withCode("EHOSTUNREACH")],
    ["tls", withCode("DEPTH_ZERO_SELF_SIGNED_CERT")],
    ["tls", withCode("CERT_HAS_EXPIRED")],
    ["tls", withCode("ERR_TLS_CERT_ALTNAME_INVALID")],
    ["tls", withCode("EPROTO")],
    ["status(503)", answer(503)],
  ])("%s for %s", (reason, error) => {
    expect(classifyFailure(error).reason).toBe(reason);
  });
});

describe("a second attempt is safe only where the endpoint has accepted nothing:", () => {
  it.each<[string, unknown, boolean, number | undefined]>([
    ["a refused connection", withCode("ECONNREFUSED"), true, undefined],
    ["a name that is not known", withCode("ENOTFOUND"), true, undefined],
    ["a host that cannot be connected to", withCode("EHOSTUNREACH", byConnect), true, undefined],
    ["a host that is gone later", withCode("EHOSTUNREACH"), false, undefined],
    ["a reset connection", withCode("ECONNRESET"), false, undefined],
    ["a 503 that says when", answer(503, "2"), true, 2000],
    ["a 429 that says when", answer(429, "Tue, 01 Jan 2030 00:00:03 GMT"), true, 3000],
    ["a 503 that does not", answer(503), false, undefined],
    ["a 500 that says when", answer(500, "2"), false, undefined],
    ["a missed deadline", new DeadlineError(100, false), false, undefined],
    ["null", null, false, undefined],
  ])("%s", (_, error, isRetryable, retryAfterInMs) => {
    expect(classifyFailure(error, now)).toMatchObject({ isRetryable, retryAfterInMs });
  });
});

describe("the label of a failure holds no foreign text but", () => {
  it.each<[string, unknown]>([
    ["status 503", answer(503)],
    ["ECONNREFUSED", withCode("ECONNREFUSED")],
    ["AbortError", Object.assign(new Error("secret"), { name: "AbortError" })],
    ["unknown error", Object.assign(new Error("x"), { name: "a\u001b[31m secret" })],
    ["Error", withCode("a\u001b[31m secret")],
    ["unknown error", "secret"],
    ["unknown error", null],
  ])("%s", (label, error) => {
    expect(classifyFailure(error).label).toBe(label);
  });
});

it.each([
  [200, "unexpected answer, status 200"],
  [302, "unexpected answer, status 302"],
  [404, "status 404"],
  [503, "status 503"],
])("an answer with the status %d is called %s", (statusCode, label) => {
  expect(classifyFailure({ name: "RestError", statusCode }).label).toBe(label);
});
