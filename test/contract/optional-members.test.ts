import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const src = path.join(__dirname, "../../src");
const filesIn = (folder: string) =>
  readdirSync(path.join(src, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`);

/** Where the types are that users write values of. */
const files = [
  ...filesIn("contract"),
  ...filesIn("emulator/contract"),
  "client/client-events.ts",
  "client/negotiate.ts",
  "client/options.ts",
  "client/wire-types.ts",
  "stores/azure-blob/options.ts",
  "stores/redis/options.ts",
];

const TAKES_UNDEFINED = new Set([
  ts.SyntaxKind.UndefinedKeyword,
  ts.SyntaxKind.UnknownKeyword,
  ts.SyntaxKind.AnyKeyword,
]);

function takesUndefined(type: ts.TypeNode | undefined): boolean {
  if (type && ts.isUnionTypeNode(type)) return type.types.some(takesUndefined);
  return type !== undefined && TAKES_UNDEFINED.has(type.kind);
}

function optionalMembersWithoutUndefined(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.questionToken && !takesUndefined(node.type)) {
      found.push(node.name.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("any.ts", text, ts.ScriptTarget.Latest, true));
  return found;
}

it.each(files)("what may be left out in %s may be given as undefined: say | undefined", (file) => {
  const text = readFileSync(path.join(src, file), "utf8");
  expect(optionalMembersWithoutUndefined(text)).toEqual([]);
});

it("the rule finds members of interfaces, literals and unions", () => {
  const text =
    "interface A { a?: number; b?: number | undefined } type C = { c?: () => undefined } | { d?: unknown };";
  expect(optionalMembersWithoutUndefined(text)).toEqual(["a", "c"]);
});
