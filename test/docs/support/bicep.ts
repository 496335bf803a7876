import { readFileSync } from "node:fs";
import path from "node:path";
import { Language, type Node, Parser } from "web-tree-sitter";

const grammar = path.join(
  path.dirname(require.resolve("tree-sitter-bicep/package.json")),
  "tree-sitter-bicep.wasm",
);

interface Resource {
  /** With the version of its API. */
  readonly type: string;
  readonly text: string;
}

/** A Bicep file as its grammar reads it. No compiler is to be had here, so types are not checked. */
export class BicepFile {
  /** Where it does not follow the grammar. */
  readonly errors: readonly string[];
  readonly parameters: readonly string[];
  /** The expression of each. */
  readonly variables: ReadonlyMap<string, string>;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Of the items and indexes of loops, and the parameters of lambdas. */
  readonly loopNames: readonly string[];
  /** What is called. */
  readonly functions: ReadonlySet<string>;
  /** What is read, functions included. */
  readonly used: ReadonlySet<string>;

  private constructor(root: Node) {
    const nodes = withDescendants(root);
    const ofType = (...types: string[]) => nodes.filter(({ type }) => types.includes(type));
    this.errors = nodes
      .filter((node) => node.isError || node.isMissing)
      .map(({ startPosition, text }) => `line ${startPosition.row + 1}: ${text.slice(0, 80)}`);
    this.parameters = ofType("parameter_declaration").map((node) => textOf(node, 0));
    this.variables = new Map(
      ofType("variable_declaration").map((node) => [textOf(node, 0), textOf(node, 1)]),
    );
    this.resources = new Map(
      ofType("resource_declaration").map((node) => [
        textOf(node, 0),
        { type: textOf(node, 1).slice(1, -1), text: node.text },
      ]),
    );
    this.loopNames = [
      ...ofType("loop_variable", "loop_enumerator").map(({ text }) => text),
      ...ofType("for_statement", "lambda_expression").map((node) => textOf(node, 0)),
    ];
    this.functions = new Set(ofType("call_expression").map((node) => textOf(node, 0)));
    this.used = new Set(
      ofType("identifier")
        .filter((node) => !isNaming(node))
        .map(({ text }) => text),
    );
  }

  static async read(file: string): Promise<BicepFile> {
    await Parser.init();
    const parser = new Parser();
    parser.setLanguage(await Language.load(readFileSync(grammar)));
    const tree = parser.parse(readFileSync(file, "utf8"));
    if (!tree) throw new Error(`${file} was not parsed`);
    return new BicepFile(tree.rootNode);
  }
}

const textOf = (node: Node, child: number): string => node.namedChild(child)?.text ?? "";

const withDescendants = (node: Node): Node[] => [
  node,
  ...node.children.flatMap((child) => (child ? withDescendants(child) : [])),
];

/** Whether it is where a name is given, not where it is read. */
function isNaming({ parent, id }: Node): boolean {
  const isFirst = parent?.namedChild(0)?.id === id;
  return isFirst && /_declaration$|^object_property$|^lambda_expression$/.test(parent?.type ?? "");
}
