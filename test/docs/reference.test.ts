import { readFileSync } from "node:fs";
import path from "node:path";
import { WebSocket } from "ws";
import type { z } from "zod";
import { resolveOptions, type WebSocketConstructor } from "../../src/client/options.ts";
import { endpointSchema, optionsSchema } from "../../src/options/schema.ts";

const root = path.join(__dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const reference = read("docs/reference.md");

/** The rows of a page's tables that begin with code, as what stands in their cells. */
const rowsOf = (page: string): string[][] =>
  page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));

/** What stands between backticks. */
const namesIn = (cell = ""): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name));

interface Definition {
  readonly shape?: Record<string, z.ZodType>;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly type: string;
  readonly defaultValue?: unknown;
}

interface Option {
  readonly name: string;
  readonly preset: unknown;
}

/** The options of a schema and, of its sections, theirs; with what each is when it is left out. */
function optionsOf(schema: z.ZodType, prefix = "", preset?: unknown): Option[] {
  const definition = schema.def as unknown as Definition;
  if (definition.shape) {
    const own = Object.entries(definition.shape).flatMap(([name, inner]) =>
      optionsOf(inner, prefix === "" ? name : `${prefix}.${name}`),
    );
    return prefix === "history" ? [{ name: prefix, preset: undefined }, ...own] : own;
  }
  if (definition.type === "pipe" && definition.in?.def.type === "transform") {
    return optionsOf(definition.out as z.ZodType, prefix, preset);
  }
  if (!definition.innerType) return [{ name: prefix, preset }];
  const known = definition.type === "default" ? definition.defaultValue : preset;
  return optionsOf(definition.innerType, prefix, known);
}

const options = [
  ...optionsOf(optionsSchema),
  ...optionsOf(endpointSchema).map(({ name, preset }) => ({
    name: `endpoints[].${name}`,
    preset,
  })),
];

const optionRows = rowsOf(reference.split("## What negotiate answers")[0] ?? "");

it("the reference's tables have every option, and none that does not exist", () => {
  const listed = optionRows.flatMap(([names]) => namesIn(names));
  expect(listed.toSorted()).toEqual(options.map(({ name }) => name).toSorted());
});

const required = ["hub", "endpoints", "endpoints[].name", "endpoints[].role"];

it.each(options)("the reference tells the default of $name", ({ name, preset }) => {
  const [, listed] = optionRows.find(([names]) => namesIn(names).includes(name)) ?? [];
  if (required.includes(name)) expect(listed).toBe("required");
  else if (preset === undefined || typeof preset === "function") expect(listed).toBe("");
  else if (name.endsWith(".store")) expect(listed).toMatch(/^`memory(Store|History)\(\)`$/);
  else expect(listed).toBe(`\`${JSON.stringify(preset)}\``);
});

/** The members of an interface of the source, as `name` or, with its own, as `name { a, b }`. */
function membersOf(file: string, name: string): string[] {
  const [, body = ""] =
    new RegExp(`interface ${name} [^{]*\\{([\\s\\S]*?)\\n\\}`).exec(read(file)) ?? [];
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??: (\{[\s\S]*?^ {2}\})?/gm)].map(
    ([, member = "", inner]) => {
      const own = [...(inner ?? "").matchAll(/^ {4}(\w+\??): /gm)].map(([, each]) => each);
      return own.length === 0 ? member : `${member} { ${own.join(", ")} }`;
    },
  );
}

const acted = membersOf("src/contract/events.ts", "PubSubEvents");
const frequent = membersOf("src/contract/frequent-events.ts", "FrequentPubSubEvents");

/** The lists of events of the reference: what they are about, and which. */
const lists = rowsOf(
  reference.split("## Events")[1]?.replaceAll(/^\| (?=\w)/gm, "| `list` ") ?? "",
).map(([about = "", names]) => ({ about: about.replace("`list` ", ""), names: namesIn(names) }));

const orders = lists.find(({ about }) => about === "an operator's orders")?.names ?? [];

it("the reference lists every event, and none that does not exist", () => {
  const listed = lists.flatMap(({ names }) => names);
  const existing = [...acted, ...frequent].map((event) => event.split(" ")[0]);
  expect(existing.length).toBeGreaterThan(40);
  expect(listed.toSorted()).toEqual(existing.toSorted());
});

it("the members of every event are where the reference says", () => {
  const [ordered, others] = [true, false].map((isOrder) =>
    acted.filter((event) => orders.includes(event.split(" ")[0] ?? "") === isOrder),
  );
  expect(ordered?.filter((event) => !event.endsWith(" { endpoint }"))).toEqual([]);
  const told = rowsOf(read("docs/operations.md")).flatMap(([cell]) => namesIn(cell));
  expect(others?.filter((event) => !told.includes(event))).toEqual([]);
});

it("the reference lists what negotiate answers, and nothing else", () => {
  const [, section = ""] = /^## What negotiate answers\n([\s\S]*?)^## /m.exec(reference) ?? [];
  const listed = rowsOf(section).flatMap(([names]) => namesIn(names));
  const answered = membersOf("src/contract/negotiate-answer.ts", "NegotiateAnswer");
  expect(answered.length).toBeGreaterThan(9);
  expect(listed.toSorted()).toEqual(answered.toSorted());
});

const clientPage = read("docs/client.md");

it("the client page lists every event, and none that does not exist", () => {
  const [, ofEvents = ""] = /^## Events\n([\s\S]*?)^The `code` of/m.exec(clientPage) ?? [];
  const listed = rowsOf(ofEvents).flatMap(([names]) =>
    namesIn(names).map((event) => event.split(" ")[0]),
  );
  const source = read("src/client/client-events.ts");
  const [, body = ""] = /interface ClientEvents \{([\s\S]*?)\n\}/.exec(source) ?? [];
  const existing = [...body.matchAll(/^ {2}"?([\w-]+)"?: /gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(existing.toSorted());
});

it("the client page's table of options has every option, with its default", () => {
  const { retryDelayInMs, maxRetryDelayInMs, ...given } = resolveOptions({
    webSocket: WebSocket as unknown as WebSocketConstructor,
  });
  const documented = {
    ...given,
    "reconnectRetryOptions.retryDelayInMs": retryDelayInMs,
    "reconnectRetryOptions.maxRetryDelayInMs": maxRetryDelayInMs,
  };
  const rows = clientPage.split("\n").filter((line) => line.startsWith("| `"));
  for (const [option, value] of Object.entries(documented)) {
    const row = rows.find((line) => line.startsWith(`| \`${option}\` `));
    const shown = typeof value === "function" || value === undefined ? option : String(value);
    expect(row ?? `${option} is not listed`).toContain(shown);
  }
});
