import { linkOf, pagesIn, titleOf } from "./pages.mjs";

/** Pages of `docs/` in the order in which they are needed. One that is in no group is listed under "More". */
const GROUPS = [
  ["Begin", ["when-to-use", "existing-app", "coming-from", "topologies", "demo"]],
  ["Build", ["client", "fan-out", "upstream", "continuity", "client-client"]],
  ["Test", ["testing", "emulator", "doctor"]],
  ["Run", ["azure", "operations", "capacity", "benchmarks"]],
  ["How it works", ["failover", "review", "architecture"]],
  ["Look up", ["reference", "error-codes", "compatibility"]],
];

const item = (page) => ({ text: titleOf(page), link: linkOf(page) });

const group = (text, pages, collapsed = false) => ({ text, collapsed, items: pages.map(item) });

const decisions = "docs/decisions/README.md";

export const makeSidebar = () => ({
  "/": mainSidebar(),
  // On pages of their own, since each page contains its whole sidebar.
  [linkOf(decisions)]: [
    { text: "Overview", link: "/" },
    group(
      "Decisions",
      pagesIn("docs/decisions").filter((page) => page !== decisions),
    ),
  ],
});

function mainSidebar() {
  const others = new Set(pagesIn("docs"));
  const take = (name) => (others.delete(`docs/${name}.md`) ? [`docs/${name}.md`] : []);
  const groups = GROUPS.map(([text, names]) => group(text, names.flatMap(take)));
  const addTo = (name, page) => groups.find(({ text }) => text === name).items.push(item(page));
  addTo("Begin", "examples/README.md");
  addTo("Run", "docs/monitoring/README.md");
  const project = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", decisions];
  return [
    { text: "Overview", link: "/" },
    ...groups,
    ...(others.size > 0 ? [group("More", [...others])] : []),
    { text: "API", collapsed: true, items: apiItems() },
    group("Project", project, true),
  ];
}

/** By the names by which they are imported. */
function apiItems() {
  const folders = [
    "docs/api",
    "docs/api/express-resilient-pubsub",
    "docs/api/express-resilient-pubsub/stores",
  ];
  return folders
    .flatMap(pagesIn)
    .filter((page) => !page.endsWith("README.md"))
    .map((page) => ({ text: page.slice("docs/api/".length, -".md".length), link: linkOf(page) }));
}
