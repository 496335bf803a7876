import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OptionTable } from "../../src/cli/arguments.ts";
import { DOCTOR_OPTION_TABLE } from "../../src/cli/doctor-arguments.ts";
import { DRILL_OPTION_TABLE } from "../../src/cli/drill-arguments.ts";
import { CHECK_IDS } from "../../src/doctor/check-ids.ts";
import { chosenChecks } from "../../src/doctor/checks.ts";

const page = readFileSync(join(__dirname, "../../docs/doctor.md"), "utf8");
const [, ofDoctor = "", ofDrill = ""] =
  /^## doctor\n([\s\S]*?)^## drill\n([\s\S]*)/m.exec(page) ?? [];

it("the page has a row for each check, in the order in which they are made", () => {
  const rows = [...ofDoctor.matchAll(/^\| `([a-z][a-z-]*)` \|/gm)].map(([, id]) => id);
  expect(rows).toEqual(chosenChecks(undefined).map(({ id }) => id));
  expect(rows).toEqual([...CHECK_IDS]);
});

it.each<[string, OptionTable, string]>([
  ["doctor", DOCTOR_OPTION_TABLE, ofDoctor],
  ["drill", DRILL_OPTION_TABLE, ofDrill],
])("the page has a row for each option of %s", (_, table, text) => {
  const rows = [...text.matchAll(/^\| `--([a-z-]+)( [A-Z]+)?` \|/gm)].map(([row]) => row);
  expect(rows).toEqual(
    Object.entries(table).map(
      ([name, { value }]) => `| \`--${name}${value ? ` ${value}` : ""}\` |`,
    ),
  );
});
