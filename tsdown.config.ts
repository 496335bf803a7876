import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { defineConfig, type UserConfig } from "tsdown";
import ts from "typescript";

const modules = {
  index: "src/index.ts",
  client: "src/client/node.ts",
  prometheus: "src/telemetry/prometheus.ts",
  "stores/azure-blob": "src/stores/azure-blob/azure-blob-store.ts",
  "stores/redis": "src/stores/redis/redis-store.ts",
};

/**
 * What is there once, in CommonJS, which Node loads sooner: a module of ES hands it on. It is a tenth of
 * the package.
 */
const commonModules = { emulator: "src/emulator/index.ts", doctor: "src/doctor/index.ts" };

/** They say what they need before anything that they import can fail. */
const entriesWithFloor = ["index", "emulator", "doctor"];

type Plugin = Extract<NonNullable<UserConfig["plugins"]>, { name: string }>;

const sayNodeFloor: Plugin = {
  name: "say-node-floor",
  generateBundle({ format }, files) {
    const [suffix, load] =
      format === "cjs"
        ? ["cjs", 'require("./node-floor.cjs");']
        : ["mjs", 'import "./node-floor.mjs";'];
    for (const entry of entriesWithFloor) {
      const file = files[`${entry}.${suffix}`];
      if (file?.type === "chunk") file.code = `${load}\n${file.code}`;
    }
  },
};

/**
 * A `require` in a `try` is one that bundlers do without, but only if no function stands between
 * the two, as in what becomes of an `import()`.
 */
const requireOptionalPeers: Plugin = {
  name: "require-optional-peers",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk" || !file.fileName.endsWith(".cjs")) continue;
      file.code = file.code.replace(
        /Promise\.resolve\(\)\.then\(\(\) => (.*require\("(?:redis|@azure\/storage-blob)"\).*)\);$/gm,
        "$1;",
      );
    }
  },
};

/** Declarations would import what only the code needs, such as zod, whose own need a new TypeScript. */
const importWhatIsDeclared: Plugin = {
  name: "import-what-is-declared",
  async writeBundle({ dir = "dist" }, files) {
    for (const fileName of Object.keys(files).filter((name) => /\.d\.[cm]?ts$/.test(name))) {
      const file = path.join(dir, fileName);
      await writeFile(file, withoutUnusedImports(await readFile(file, "utf8")));
    }
  },
};

/**
 * A module may declare what its CommonJS twin does, by a line, and the client for browsers what the
 * one for Node does; in full each time they would be an eighth of the package. The other way round,
 * TypeScript would refuse it.
 */
const declareAsTwinDoes: Plugin = {
  name: "declare-as-twin-does",
  generateBundle({ format }, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk" || !file.isEntry) continue;
      const twin = path.basename(file.name, ".browser");
      if (format === "cjs" && twin === path.basename(file.name)) continue;
      const [, suffix = ""] = /\.([cm]?js)$/.exec(file.fileName) ?? [];
      const fileName = `${file.name}.d.${suffix.replace("js", "ts")}`;
      const source = `export * from "./${twin}.cjs";\n`;
      this.emitFile({ type: "asset", fileName, source });
    }
  },
};

const handOnToModules: Plugin = {
  name: "hand-on-to-modules",
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== "chunk" || !(file.name in commonModules) || !file.isEntry) continue;
      const floor = 'import "./node-floor.mjs";';
      const source = `${floor}\nexport { ${file.exports.join(", ")} } from "./${file.fileName}";\n`;
      this.emitFile({ type: "asset", fileName: `${file.name}.mjs`, source });
      const declaration = `export * from "./${file.fileName}";\n`;
      this.emitFile({ type: "asset", fileName: `${file.name}.d.mts`, source: declaration });
    }
  },
};

function withoutUnusedImports(code: string): string {
  const source = ts.createSourceFile("any.d.ts", code, ts.ScriptTarget.Latest);
  const used = new Set<string>();
  const collect = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    if (!ts.isImportDeclaration(node)) ts.forEachChild(node, collect);
  };
  collect(source);
  return source.statements.filter(ts.isImportDeclaration).reduceRight((text, statement) => {
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) return text;
    const names = bindings.elements.filter(({ name }) => used.has(name.text));
    const list = names.map((name) => name.getText(source)).join(", ");
    const module = statement.moduleSpecifier.getText(source);
    const line = names.length > 0 ? `\nimport { ${list} } from ${module};` : "";
    return text.slice(0, statement.pos) + line + text.slice(statement.end);
  }, code);
}

const shared: UserConfig = {
  dts: true,
  outputOptions: {
    // Whoever reads what the functions are for reads the declarations.
    comments: { jsdoc: false },
    // Jest runs CommonJS in contexts that cannot import.
    dynamicImportInCjs: false,
  },
  inputOptions: {
    // A line for each of our files says little, and makes up a twentieth of the package.
    experimental: { attachDebugInfo: "none" },
  },
  plugins: [
    sayNodeFloor,
    requireOptionalPeers,
    importWhatIsDeclared,
    declareAsTwinDoes,
    handOnToModules,
  ],
};

const inBothFormats = { ...modules, "node-floor": "src/node-floor.ts" };

// Node loads many modules sooner by `require`, and what starts a command waits for them.
const cli = { cli: "src/cli/entry.ts" };

// The output folder is emptied once, before any of them writes to it.
export default defineConfig([
  {
    ...shared,
    entry: inBothFormats,
    format: {
      esm: { dts: false },
      cjs: {
        entry: { ...inBothFormats, ...commonModules, ...cli },
        dts: { entry: Object.values({ ...inBothFormats, ...commonModules }) },
      },
    },
    target: "node20",
    // Lines and names stay: Node prints the line that threw.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  },
  // One file that a browser can load as it is, and its twin for tools that simulate browsers.
  {
    ...shared,
    dts: false,
    format: ["esm", "cjs"],
    entry: { "client.browser": "src/client/index.ts" },
    platform: "browser",
    target: "es2022",
    minify: true,
  },
]);
