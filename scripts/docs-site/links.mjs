import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { root } from "./pages.mjs";

/** The anchor of a heading, as GitHub makes it: the pages are read there too. */
export const slugOf = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

/** Files that pages link to and that are no pages. They go to the site beside them. */
export const linkedFiles = new Set();

/** What is shown rather than saved by a browser, as it is. */
const SHOWN = /\.(png|svg|json|txt)$/;

/** On the site, such a file is text. */
export const nameOnSite = (file) => (SHOWN.test(file) ? file : `${file}.txt`);

/** Turns the links of the repository into those of the site. */
export function repositoryLinks(markdown) {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== "link_open") continue;
      const href = token.attrGet("href") ?? "";
      if (!/^([a-z]+:|#)/.test(href)) token.attrSet("href", onSite(href, env));
    }
  });
}

function onSite(href, { path: page, relativePath }) {
  const [target, anchor] = href.split("#");
  let file = path.join(path.dirname(page), decodeURIComponent(target));
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) file = path.join(file, "README.md");
  if (!existsSync(file)) throw new Error(`${relativePath} has a dead link: ${href}`);
  const suffix = anchor === undefined ? "" : `#${anchor}`;
  const inRepository = path.relative(root, file).replaceAll(path.sep, "/");
  if (file.endsWith(".md")) return `/${inRepository.replace(/README\.md$/, "index.md")}${suffix}`;
  linkedFiles.add(inRepository);
  return `/${nameOnSite(inRepository)}`;
}
