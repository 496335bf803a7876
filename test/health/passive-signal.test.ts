import { RestError } from "@azure/core-rest-pipeline";
import { ResilientPubSubError } from "express-resilient-pubsub";
import { reasonOfNetworkError } from "../../src/health/down-reason.ts";
import { speaksAgainstEndpoint } from "../../src/health/passive-signal.ts";

describe("the error of a call speaks against the endpoint", () => {
  it.each<[string, unknown, boolean]>([
    ["a refused connection", new RestError("x", { code: "ECONNREFUSED" }), true],
    ["a missed deadline", new ResilientPubSubError("ERR_DEADLINE_EXCEEDED", "x"), true],
    ["a 500", new RestError("x", { statusCode: 500 }), true],
    ["a 503", new RestError("x", { statusCode: 503 }), true],
    ["a 400", new RestError("x", { statusCode: 400, code: "Error.BadRequest" }), false],
    ["a 404", new RestError("x", { statusCode: 404 }), false],
    ["a 429", new RestError("x", { statusCode: 429 }), false],
    ["the caller's own abort", new DOMException("x", "AbortError"), false],
    ["the caller's own mistake", new TypeError("x"), false],
    ["no error at all", "boom", false],
  ])("%s: %p %p", (_, error, expected) => {
    expect(speaksAgainstEndpoint(error)).toBe(expected);
  });
});

describe("a network error is named", () => {
  it.each<[string, string]>([
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ETIMEDOUT", "timeout"],
    ["ECONNREFUSED", "refused"],
    ["ECONNRESET", "refused"],
    ["EHOSTUNREACH", "refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["EPROTO", "tls"],
  ])("%s: %s", (code, reason) => {
    expect(reasonOfNetworkError(Object.assign(new Error("x"), { code }))).toBe(reason);
  });
});
