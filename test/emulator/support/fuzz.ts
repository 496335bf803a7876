import { connect } from "node:net";
import type { Emulator } from "express-resilient-pubsub/emulator";
import fc from "fast-check";
import type { HubStatus } from "../../../src/emulator/admin/describe-hubs.ts";
import { until } from "../../support/until.ts";
import { apiVersion, callRest } from "./rest.ts";
import type { Scene } from "./scene.ts";

/** Time for a property, however often it is tried. */
export const patience = 60_000 + Number(process.env.FUZZ_RUNS ?? 0) * 100;

/** Call once per test file. What it returns fails when the emulator has warned since. */
export function watchForMistakes(): () => void {
  let warnings: unknown[][];
  beforeEach(() => {
    warnings = jest.spyOn(process, "emitWarning").mockImplementation(() => {}).mock.calls;
  });
  const expectNone = (): void => expect(warnings.splice(0)).toEqual([]);
  afterEach(() => {
    jest.restoreAllMocks();
    expectNone();
  });
  return expectNone;
}

/** The emulator answers, and what is sent reaches a client that has just come. */
export async function expectServing(scene: Scene, emulator: Emulator): Promise<void> {
  const health = await callRest(emulator, { method: "GET", path: "/api/health" });
  expect(health.status).toBe(200);
  const client = await scene.connectJson(emulator);
  const sent = await callRest(emulator, {
    method: "POST",
    path: `/api/hubs/chat/connections/${client.connectionId}/:send?${apiVersion}`,
    headers: { "Content-Type": "text/plain" },
    body: "still there?",
  });
  expect(sent.status).toBe(202);
  expect(await client.nextJson()).toMatchObject({ data: "still there?" });
  client.socket.close();
  await client.closed;
}

/** Resolves when the emulator, whose admin route is open, knows of no client and no group. */
export async function expectEmpty(emulator: Emulator): Promise<void> {
  await until(async () => {
    const answer = await fetch(emulator.adminEndpoint ?? "");
    const { hubs } = (await answer.json()) as { hubs: HubStatus[] };
    return hubs.every((hub) => hub.connections === 0 && hub.groups === 0);
  });
}

/** Writes the pieces to the port, hangs up at once or when answered, resolves to all that comes. */
export function exchange(
  port: number,
  pieces: readonly Buffer[],
  hangUp: "at once" | "when answered" = "at once",
): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => {
      for (const piece of pieces) socket.write(piece);
      if (hangUp === "at once") socket.end();
    });
    socket
      .setNoDelay(true)
      .on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        socket.end();
      })
      .on("error", () => {})
      .on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

/** Names that have tripped programs before, and some that are just names. */
export const oddName = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "..",
    ".",
    " ",
    "",
    "a",
    "chat",
    "a/b",
    "a b",
    "a+b",
    "%2F",
    "null",
    "ä",
    "\u{1F600}",
    "\ud800",
    "\u0000",
    "a\r\nX-Injected: 1",
    "g".repeat(1024),
    "g".repeat(1025),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);

/** The same bytes, but for a few that are lost, doubled, changed or new. */
export const mutated = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(bytes, fc.array(mutation, { minLength: 1, maxLength: 4 })).map(([original, changes]) =>
    changes.reduce((current, { kind, place, byte, length }) => {
      const start = Math.floor(place * current.length);
      const [head, cut, tail] = [
        current.subarray(0, start),
        current.subarray(start, start + length),
        current.subarray(start + length),
      ];
      switch (kind) {
        case "lost":
          return Buffer.concat([head, tail]);
        case "doubled":
          return Buffer.concat([head, cut, cut, tail]);
        case "changed":
          return Buffer.concat([head, Buffer.alloc(cut.length, byte), tail]);
        case "new":
          return Buffer.concat([head, Buffer.alloc(length, byte), cut, tail]);
        default:
          return head;
      }
    }, original),
  );

const mutation = fc.record({
  kind: fc.constantFrom("lost", "doubled", "changed", "new", "cut"),
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.integer({ min: 0, max: 255 }),
  length: fc.integer({ min: 1, max: 8 }),
});
