import { inspect } from "node:util";
import {
  FanOutError,
  InvalidOptionsError,
  isResilientPubSubError,
  ResilientPubSubError,
} from "express-resilient-pubsub";
import { isPubSubClientError, PubSubClientError } from "express-resilient-pubsub/client";
import { EmulatorError, isEmulatorError } from "express-resilient-pubsub/emulator";

const report = { delivered: [], failed: [], skipped: [], outcomes: [] };

it.each<[string, unknown, boolean]>([
  ["the base class", new ResilientPubSubError("ERR_CLOSED", "x"), true],
  ["a FanOutError", new FanOutError("broadcast", report), true],
  ["an InvalidOptionsError", new InvalidOptionsError([]), true],
  ["another error with a code", Object.assign(new Error("x"), { code: "ERR_CLOSED" }), false],
  ["nothing", undefined, false],
  ["text", "ERR_CLOSED", false],
])("isResilientPubSubError knows %s", (_, error, expected) => {
  expect(isResilientPubSubError(error)).toBe(expected);
});

it("isResilientPubSubError knows an error of another copy of the package, which instanceof does not", () => {
  jest.isolateModules(() => {
    const copy = jest.requireActual(
      "../../src/kit/errors.ts",
    ) as typeof import("../../src/kit/errors.ts");
    const error = new copy.ResilientPubSubError("ERR_CLOSED", "x");
    expect(error instanceof ResilientPubSubError).toBe(false);
    expect(isResilientPubSubError(error)).toBe(true);
  });
});

it("an error prints with its code and without marks of our own", () => {
  expect(inspect(new ResilientPubSubError("ERR_CLOSED", "closed"))).toMatch(
    /ResilientPubSubError: closed[\s\S]*\{\s+code: 'ERR_CLOSED'\s+\}$/,
  );
});

it.each<[string, (error: unknown) => boolean, unknown]>([
  ["isResilientPubSubError", isResilientPubSubError, new ResilientPubSubError("ERR_CLOSED", "x")],
  ["isPubSubClientError", isPubSubClientError, new PubSubClientError("ERR_CLIENT_STOPPED", "x")],
  ["isEmulatorError", isEmulatorError, new EmulatorError("ERR_EMULATOR_CLOSED", "x")],
])("%s knows the errors of its part of the package only", (_, knows, own) => {
  const errors = [
    new ResilientPubSubError("ERR_CLOSED", "x"),
    new PubSubClientError("ERR_CLIENT_STOPPED", "x"),
    new EmulatorError("ERR_EMULATOR_CLOSED", "x"),
    null,
  ];
  expect(errors.filter(knows)).toEqual([own]);
});
