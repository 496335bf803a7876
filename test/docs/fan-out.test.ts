import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SEMANTICS } from "../../src/fan-out/semantics.ts";
import { fanOutTable } from "./support/fan-out-table.ts";

const pageFile = join(__dirname, "../../docs/fan-out.md");
const generated = /(<!-- operations -->\n)([\s\S]*?)(<!-- end of operations -->)/;

describe("docs/fan-out.md", () => {
  const table = fanOutTable(SEMANTICS);
  // After a change: UPDATE_DOCS=1 npx jest test/docs/fan-out
  if (process.env.UPDATE_DOCS) {
    const page = readFileSync(pageFile, "utf8");
    writeFileSync(pageFile, page.replace(generated, `$1${table}\n$3`));
  }
  const page = readFileSync(pageFile, "utf8");

  it("says of every operation what it means", () => {
    expect(generated.exec(page)?.[2]).toBe(`${table}\n`);
  });
});
