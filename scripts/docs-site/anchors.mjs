import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** @throws Error that names every link to an anchor that is on no page. */
export function checkAnchors(site) {
  const pages = readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".html"));
  const html = new Map(pages.map((page) => [page, readFileSync(path.join(site, page), "utf8")]));
  const anchors = new Map(
    [...html].map(([page, text]) => [
      page,
      new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const dead = [...html].flatMap(([page, text]) =>
    [...text.matchAll(/<a\s[^>]*href="([^":]*)#([^"]+)"/g)]
      .filter(
        ([, target, anchor]) => !anchors.get(fileOf(page, target))?.has(decodeURIComponent(anchor)),
      )
      .map(([, target, anchor]) => `${page}: ${target}#${anchor}`),
  );
  if (dead.length > 0)
    throw new Error(`Links to anchors that are not there:\n${[...new Set(dead)].join("\n")}`);
}

function fileOf(page, target) {
  if (target === "") return page;
  const file = target.startsWith("/")
    ? target.slice(1)
    : path.posix.join(path.posix.dirname(page), target);
  return file === "" || file.endsWith("/") ? `${file}index.html` : file;
}
