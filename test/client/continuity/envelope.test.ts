import { readEnvelope } from "../../../src/client/continuity/envelope.ts";
import { ENVELOPES, NO_ENVELOPES } from "../../history/envelope-cases.ts";

const TYPES = { message: "m", bypassed: "b", skip: "s", check: "c" } as const;
const KINDS = { hub: "a", group: "g", user: "u", all: "*" } as const;

describe("the client reads from an envelope", () => {
  it.each(ENVELOPES.map(({ title, text, envelope }) => [title, text, envelope] as const))(
    "%s",
    (_, text, { type, kind, ...more }) => {
      expect(readEnvelope(text)).toEqual({ type: TYPES[type], kind: KINDS[kind], ...more });
    },
  );
});

describe("the client takes for no envelope", () => {
  it.each(NO_ENVELOPES)("%s", (_, text) => {
    expect(readEnvelope(text)).toBeUndefined();
  });
});
