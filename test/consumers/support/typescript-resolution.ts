import path from "node:path";
import ts from "typescript";

/** @returns The declarations that TypeScript takes for a module that a project imports or requires. */
export function declarationsOf(
  consumer: string,
  name: string,
  kind: "import" | "require",
  customConditions: string[],
): string | undefined {
  const options = {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    customConditions,
  };
  const { resolvedModule } = ts.resolveModuleName(
    name,
    path.join(consumer, "any.ts"),
    options,
    ts.sys,
    undefined,
    undefined,
    kind === "import" ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
  );
  return resolvedModule && path.basename(resolvedModule.resolvedFileName);
}
