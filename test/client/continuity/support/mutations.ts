import { readFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "@swc/core";
import * as envelope from "../../../../src/client/continuity/envelope.ts";
import type { Core } from "./model-run.ts";

const FILE = path.join(__dirname, "../../../../src/client/continuity/positions.ts");

/** What of the code becomes what. */
export type Mutation = readonly (readonly [original: string, mutant: string])[];

/** Faults of a client, by what it does wrong. Each must be found by whoever judges it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "it delivers what it has delivered": [
    [
      "if (id === undefined || message === undefined || bypassed.has(id) || logged.has(id)) return;",
      "if (id === undefined || message === undefined) return;",
    ],
  ],
  "it takes its own position for the next": [
    [
      "{ ...stream, offset: stream.offset + 1 }",
      "{ ...stream, offset: Math.max(1, stream.offset) }",
    ],
    ["offset > stream.offset;\n  }", "offset >= stream.offset;\n  }"],
  ],
  "it believes nothing that names the furthest it has seen": [
    ["asked.seen > offset) return false", "asked.seen >= offset) return false"],
  ],
  "it reads before it joins": [
    [
      'if (stream.by !== "token") continue;',
      'if (stream.by !== "token") { if (stream.by === "join") this.#join(stream); continue; }',
    ],
    [
      'this.#join(this.#streamOf(event.stream, "join"));',
      'this.#streamOf(event.stream, "join").isJoined = true; if (!streams.get(event.stream)?.epoch) this.#join(this.#streamOf(event.stream, "join"));',
    ],
  ],
  "it does not read what it joins": [["    this.#want(stream);\n  }\n\n  #want", "  }\n\n  #want"]],
  "it takes a part for the whole": [["messages.length === offset - asked.offset", "true"]],
  "it takes over an epoch without its offset": [
    ["stream.offset = Math.max(offset, goesOn ? stream.offset : (before?.offset ?? 0));", ""],
  ],
  "it takes over an offset without its epoch": [
    ["  stream.epoch = epoch;\n  stream.offset = Math.max", "  stream.offset = Math.max"],
  ],
  "it does not count skips": [
    ["stream.offset += 1;", "if (next.message !== undefined) stream.offset += 1;"],
  ],
  "it does not count what was replayed": [
    ["stream.offset += 1;", "if (!next.isReplayed) stream.offset += 1;"],
  ],
  "it does not count what it knows": [
    ["stream.offset += 1;", 'if (!this.#state.bypassed.has(next.id ?? "")) stream.offset += 1;'],
  ],
  "it takes over an epoch from a frame": [
    [
      "if (epoch !== stream.epoch) this.#want(stream);",
      "if (epoch !== stream.epoch) Object.assign(stream, { epoch, offset: offset - 1, seen: offset });",
    ],
  ],
  "it skips what does not come in time": [
    [
      "if (isBehind(stream) && !stream.asked) this.#want(stream);",
      "if (isBehind(stream) && stream.held.size > 0) { stream.offset = Math.min(...[...stream.held.values()].map((held) => held.position.offset)) - 1; this.#drain(event.stream, stream); }",
    ],
  ],
  "it delivers whatever comes, in whatever order": [
    [
      "      if (held) this.#keep(stream, held);\n",
      "      stream.offset = Math.max(stream.offset, position.offset); this.#deliver(name, held, this.#state.logged);\n",
    ],
  ],
  "it forgets an epoch that it has left": [
    [
      "if (hasLeft(stream, epoch)) return false;",
      "if (hasLeft(stream, epoch)) { leave(stream, { epoch: undefined, offset: 0, seen: 0 }, { epoch, offset: offset - 1 }); }",
    ],
  ],
  "it goes on with what it has when the answer is no": [
    ["else if (!recovered) leave(stream, asked, position);", ""],
  ],
  "it says that nothing is missing when the answer is no": [
    [
      "const recovered = isFirst ? !stream.isVague : isWhole(stream, asked, position, answer);",
      "const recovered = isFirst || isWhole(stream, asked, position, answer) || position.epoch === stream.epoch;",
    ],
  ],
  "it does not ask again what was not answered": [
    [
      "    stream.isVague ||= !stream.epoch;\n    this.#want(stream);\n  }\n\n  #forbid",
      "  }\n\n  #forbid",
    ],
  ],
  "it does not wait when something is missing": [
    ['    stream.isHolding = true;\n    this.effects.push({ type: "hold", stream: name });', ""],
  ],
  "it begins at the end, whatever has come since it joined": [
    [
      "stream.offset = Math.min(position.offset, ...offsets.map((offset) => offset - 1));",
      "stream.offset = position.offset;",
    ],
  ],
};

/** The positions of a client that has this fault. */
export function mutant(mutation: Mutation): Core {
  let source = readFileSync(FILE, "utf8");
  for (const [original, changed] of mutation) {
    if (source.split(original).length !== 2) throw new Error(`Not there once: ${original}`);
    source = source.replace(original, () => changed);
  }
  const { code } = transformSync(source, {
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
    module: { type: "commonjs" },
  });
  const exported = {};
  new Function("exports", "require", code)(exported, () => envelope);
  return exported as Core;
}
