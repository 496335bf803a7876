import { RestError } from "@azure/core-rest-pipeline";
import { DeadlineError } from "../../src/kit/deadline.ts";
import { reasonOfNetworkError } from "../../src/service/down-reason.ts";
import { signalOf } from "../../src/service/passive-signal.ts";

describe("the error of a call is", () => {
  it.each<[string, unknown, string | undefined]>([
    ["a refused connection", new RestError("x", { code: "ECONNREFUSED" }), "failure"],
    ["a missed deadline", new DeadlineError(100, false), "failure"],
    ["a deadline that this process slept through", new DeadlineError(100, true), undefined],
    ["a want of sockets of our own", new RestError("x", { code: "EMFILE" }), undefined],
    ["a 500", new RestError("x", { statusCode: 500 }), "failure"],
    ["a 503", new RestError("x", { statusCode: 503 }), "failure"],
    ["a 400", new RestError("x", { statusCode: 400, code: "Error.BadRequest" }), undefined],
    ["a 404", new RestError("x", { statusCode: 404 }), undefined],
    ["a 401", new RestError("x", { statusCode: 401 }), "rejected"],
    ["a 403", new RestError("x", { statusCode: 403 }), "rejected"],
    ["a 429", new RestError("x", { statusCode: 429 }), undefined],
    ["the caller's own abort", new DOMException("x", "AbortError"), undefined],
    ["the caller's own mistake", new TypeError("x"), undefined],
    ["no error at all", "boom", undefined],
  ])("%s: %p %p", (_, error, expected) => {
    expect(signalOf(error)).toBe(expected);
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
