import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One import of a module of the same tree. */
export interface Import {
  /** Both relative to the root of the tree, with slashes. */
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

const STATEMENT = /^(?:import|export)\b[^;]*?\bfrom\s+"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/gm;

/** Every import between the modules below `root`, those of types included. */
export function importsWithin(root: string): Import[] {
  const files = sourcesBelow(root);
  return files
    .flatMap((file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      return [...text.matchAll(STATEMENT)].map((match) => ({
        from: file,
        to: path.posix.normalize(
          path.posix.join(path.posix.dirname(file), String(match[1] ?? match[2])),
        ),
        line: text.slice(0, match.index + match[0].length).split("\n").length,
      }));
    })
    .filter(({ to }) => files.includes(to));
}

function sourcesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.split(path.sep).join("/"))
    .sort();
}

/** The folder at the top that a file is in; "" for a file that is in none. */
export const layerOf = (file: string): string =>
  file.includes("/") ? file.split("/", 1).join() : "";

/** The imports that do not go from a layer to one that is named after it, as lines to read. */
export function upwardImports(imports: readonly Import[], layers: readonly string[]): string[] {
  const rankOf = (file: string): number => {
    const rank = layers.indexOf(layerOf(file));
    if (rank === -1) throw new Error(`${file} is in no layer; add its folder to the table`);
    return rank;
  };
  return imports
    .filter(({ from, to }) => layerOf(from) !== layerOf(to) && rankOf(from) >= rankOf(to))
    .map(({ from, to, line }) => `${from}:${line} imports ${to}`);
}

/** The imports by which a file reaches itself again, one circle after the other. */
export function importCircles(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" -> "));
    if (way.includes(file) || finished.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}
