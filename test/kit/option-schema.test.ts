import { z } from "zod";
import { integer, problemsOf, section } from "../../src/kit/option-schema.ts";

const name = z.string().regex(/^[a-z]+$/, { error: "give a name of letters" });
const schema = section({
  port: integer(0, 9).optional(),
  key: z.string().max(1, { error: "give a short key" }).optional(),
  rooms: z.record(name, section({ size: integer(1, 2) })).optional(),
});

const problems = (input: unknown, more: object = {}) => {
  const { error } = schema.safeParse(input);
  return error ? problemsOf(error, input, { root: "open", ...more }) : [];
};

describe("problemsOf", () => {
  test.each([
    ["an option", { port: "7" }, "port", 'got "7"; give a whole number from 0 to 9'],
    [
      "an unknown option",
      { prot: 7 },
      "prot",
      "unknown option; the options here are port, key, rooms",
    ],
    ["the whole", 7, "open", "got 7; give an object"],
    [
      "an option of an entry",
      { rooms: { a: { size: 3 } } },
      "rooms.a.size",
      "got 3; give a whole number from 1 to 2",
    ],
    [
      "the name of an entry",
      { rooms: { a1: { size: 1 } } },
      "rooms.a1",
      'got "a1"; give a name of letters',
    ],
  ])("names %s by path, value and remedy", (_what, input, path, message) => {
    expect(problems(input)).toEqual([{ path, message }]);
  });

  test("repeats no secret", () => {
    expect(problems({ key: "12" }, { secrets: ["key"] })).toEqual([
      { path: "key", message: "got a string of 2 characters; give a short key" },
    ]);
  });

  test("calls options by another name where there is one", () => {
    const nameOf = (path: readonly PropertyKey[]) => `--${path.join("-")}`;
    expect(problems({ port: 10 }, { nameOf })[0]?.path).toBe("--port");
  });
});
