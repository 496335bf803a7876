import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emulatorSchema } from "../../src/emulator/options/emulator-schema.ts";
import { operations } from "../../src/emulator/rest/operations.ts";
import { clientRequests, clients, serviceFrames } from "./support/emulator-clients.ts";
import { events } from "./support/emulator-events.ts";
import { faults } from "./support/emulator-faults.ts";
import type { Supported } from "./support/emulator-features.ts";
import { health, restOperations } from "./support/emulator-rest.ts";

const root = join(__dirname, "../..");
const pageFile = join(root, "docs/emulator.md");

type Rows = readonly Supported[];

const restRows = Object.entries(restOperations).map(([key, row]) => ({
  ...row,
  what: `${row.what}: \`${key.replace(" ", " /api/hubs/{hub}/")}\``,
}));

/** By the heading that each table stands under. */
const tables: Record<string, Rows> = {
  "REST operations": [health, ...restRows],
  Clients: clients,
  "What clients say": Object.values(clientRequests),
  "What the service says": Object.values(serviceFrames),
  "Events to app servers": Object.values(events),
  Faults: Object.values(faults),
};

function render(rows: Rows): string {
  const lines = rows.map(
    ({ what, notes = "", shownBy }) =>
      `| ${what} | ${notes} | ${shownBy.map((proof) => proof.join(": ")).join("<br>")} |`,
  );
  return ["| supported | notes | shown by |", "| --- | --- | --- |", ...lines].join("\n");
}

/** The page before, in and after the table that stands right under a heading. */
function split(page: string, heading: string): [string, string, string] {
  const [above = "", ...below] = page.split(`\n### ${heading}\n\n`);
  const section = below.join();
  const [table = ""] = /^(?:\|.*\n)*/.exec(section) ?? [];
  return [`${above}\n### ${heading}\n\n`, table.trimEnd(), section.slice(table.length)];
}

describe("docs/emulator.md", () => {
  // After a change: UPDATE_DOCS=1 npx jest test/docs/emulator-support
  if (process.env.UPDATE_DOCS) {
    let page = readFileSync(pageFile, "utf8");
    for (const [heading, rows] of Object.entries(tables)) {
      const [before, , after] = split(page, heading);
      page = `${before}${render(rows)}\n${after.replace(/^(?!\n)/, "\n")}`;
    }
    writeFileSync(pageFile, page);
  }
  const page = readFileSync(pageFile, "utf8");

  test.each(Object.entries(tables))("lists under %s exactly what is supported", (name, rows) => {
    expect(split(page, name)[1]).toBe(render(rows));
  });

  test.each(Object.keys(emulatorSchema.shape))("explains the option %s", (option) => {
    expect(page).toMatch(new RegExp(`^\\| [^|]*\`${option}\``, "m"));
  });

  const { limits, upstream, hubs } = emulatorSchema.shape;
  test.each([
    ...Object.keys(limits.unwrap().shape),
    ...Object.keys(upstream.unwrap().shape),
    ...Object.keys(hubs.unwrap().valueType.shape),
  ])("mentions %s", (option) => {
    expect(page).toContain(`\`${option}\``);
  });

  test("lists every REST operation that the emulator has, which with health are 25", () => {
    const served = operations.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(restOperations).sort()).toEqual(served.sort());
    expect(served).toHaveLength(24);
  });

  const claims = Object.values(tables).flat();

  test.each(claims.flatMap(({ what, shownBy }) => shownBy.map((proof) => [what, ...proof])))(
    "says of %s by which test it is shown: %s, %s",
    (_what, file, title) => {
      const source = readFileSync(join(root, "test", `${file}.test.ts`), "utf8");
      expect(source).toContain(title);
    },
  );
});
