import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where a page of the repository is on the site: a README is the front of its folder. */
export const placeOf = (page) => page.replace(/(^|\/)README\.md$/, "$1index.md");

export const linkOf = (page) => `/${placeOf(page).replace(/(index)?\.md$/, "")}`;

/** What a page calls itself, up to a colon that is not in code. */
export function titleOf(page) {
  const [, title = page] = /^# (.+)$/m.exec(readFileSync(path.join(root, page), "utf8")) ?? [];
  return title.replace(/^([^`:]+): .+$/, "$1").replaceAll("`", "");
}

/** The pages of a folder, by name. */
export const pagesIn = (folder) =>
  existsSync(path.join(root, folder))
    ? readdirSync(path.join(root, folder))
        .filter((name) => name.endsWith(".md"))
        .sort()
        .map((name) => path.posix.join(folder, name))
    : [];
