import { decodeEnvelope, decodePosition, encodeEnvelope } from "../../src/history/envelope.ts";
import { ENVELOPES, NO_ENVELOPES } from "./envelope-cases.ts";

it.each(ENVELOPES)("$title is encoded and decoded without loss", ({ text, envelope }) => {
  expect(encodeEnvelope(envelope)).toBe(text);
  expect(decodeEnvelope(text)).toEqual(envelope);
});

it.each(NO_ENVELOPES)("%s is no envelope", (_, text) => {
  expect(decodeEnvelope(text)).toBeUndefined();
});

it.each([["k3x_-Z09:-1"], ["k3x_-Z09:"], ["k3x_-Z09:1e3"], [":1"], ["k3x_-Z09:9007199254740992"]])(
  "%s is no position",
  (text) => {
    expect(decodePosition(text)).toBeUndefined();
  },
);
