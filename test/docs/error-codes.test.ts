import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");
const documented = readFileSync(path.join(root, "docs/error-codes.md"), "utf8");

// Node raises these; we only tell them apart.
const codesOfNode = /^ERR_(INVALID_CHAR|INVALID_HTTP_TOKEN|STREAM_PREMATURE_CLOSE)$/;

it("every error code of the source has an entry in the docs, and every entry exists", () => {
  const files = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" });
  const used = new Set(
    files
      .filter((file) => file.endsWith(".ts"))
      .flatMap(
        (file) => readFileSync(path.join(root, "src", file), "utf8").match(/"ERR_[A-Z_]+"/g) ?? [],
      )
      .map((literal) => literal.slice(1, -1))
      .filter((code) => !codesOfNode.test(code)),
  );
  const entries = new Set(documented.match(/\bERR_[A-Z_]+\b/g));
  expect([...used].sort().filter((code) => !entries.has(code))).toEqual([]);
  expect([...entries].sort().filter((code) => !used.has(code))).toEqual([]);
});
