// The site is built from the Markdown of the repository, as it is: README.md is its front. See decision 123.
import { cpSync } from "node:fs";
import path from "node:path";
import { checkAnchors } from "../anchors.mjs";
import { diagrams } from "../diagrams.mjs";
import { linkedFiles, nameOnSite, repositoryLinks, slugOf } from "../links.mjs";
import { placeOf, root } from "../pages.mjs";
import { makeSidebar } from "../sidebar.mjs";

export default {
  title: "express-resilient-pubsub",
  description:
    "Real-time traffic that outlives an Azure region: Express middleware for Azure Web PubSub.",
  srcDir: "../..",
  srcExclude: ["{src,test,demo-app,scripts,dist,coverage,.github}/**"],
  outDir: "dist",
  cacheDir: "node_modules/.cache/vitepress",
  rewrites: placeOf,
  ignoreDeadLinks: "localhostLinks", // where readers have started something themselves
  base: process.env.DOCS_BASE ?? "/", // such as /express-resilient-pubsub/
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    anchor: { slugify: slugOf },
    config(markdown) {
      repositoryLinks(markdown);
      diagrams(markdown);
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    sidebar: makeSidebar(),
    nav: [
      { text: "Examples", link: "/examples/" },
      { text: "Error codes", link: "/docs/error-codes" },
      { text: "API", link: "/docs/api/" },
      { text: "Changelog", link: "/CHANGELOG" },
    ],
  },
  buildEnd({ outDir }) {
    for (const file of linkedFiles)
      cpSync(path.join(root, file), path.join(outDir, nameOnSite(file)));
    checkAnchors(outDir);
  },
};
