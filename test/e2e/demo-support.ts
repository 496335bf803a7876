import type { PageFile } from "../../demo-app/page-server/bundle-page.ts";
import { pageHandler } from "../../demo-app/page-server/page-handler.ts";
import { startDemo } from "../../demo-app/startup/start-demo.ts";
import { nextPorts } from "../demo-app/support/start-demo.ts";
import { type Tab, useBrowser } from "../support/browser.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { bundlePage } from "../support/page-bundle.ts";
import { until } from "../support/until.ts";

/** The page, bundled once, for tests that serve it themselves. */
export function usePage() {
  const openTab = useBrowser();
  let files: readonly PageFile[] = [];
  beforeAll(async () => {
    files = await bundlePage();
  }, 60_000);
  return { files: () => files, openTab };
}

/** For each test, the demo with so many clients, and a way to open its page. */
export function useDemo() {
  const { files, openTab } = usePage();
  return async (clients: number, { lingerInMs = 0 } = {}) => {
    const page = pageHandler(files());
    const drill = { lingerInMs };
    const demo = closeAfterTest(await startDemo({ firstPort: nextPorts(), page, drill }));
    const { environment } = demo;
    // On a busy machine the first health check may miss its deadline, and clients would begin elsewhere.
    const links = () => environment.view.servers.flatMap((server) => server.links);
    await until(() => links().every(({ health }) => health === "healthy"));
    await environment.clients.resize(clients);
    const open = async (query = ""): Promise<DemoPage> =>
      new DemoPage(await openTab(`${demo.url}/?${query}`));
    const on = (endpoint: string) =>
      environment.clients.views.filter((client) => client.endpoint === endpoint).length;
    return { ...demo, open, on };
  };
}

/** Opens everything that folds away within a part of a page, once it is there. */
export async function unfold(page: Tab["page"], part: string): Promise<void> {
  await page.locator(`${part} details`).first().waitFor({ state: "attached" });
  await page.evaluate(
    `for (const it of document.querySelectorAll(${JSON.stringify(`${part} details`)})) it.open = true`,
  );
}

/** The page as its visitor sees it. */
export class DemoPage {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  get page() {
    return this.tab.page;
  }

  /** Waits until a part of the page says this. */
  async says(part: string, text: string | RegExp): Promise<void> {
    await this.page.locator(part, { hasText: text }).first().waitFor();
  }

  async press(region: string, name: string): Promise<void> {
    await this.unfold(`[data-endpoint=${region}]`);
    const panel = this.page.getByRole("region", { name: `Region ${region}` });
    await panel.getByRole("button", { name, exact: true }).click();
  }

  async choose(group: string, name: string): Promise<void> {
    await this.unfold("#controls");
    await this.page.getByRole("group", { name: group }).getByRole("button", { name }).click();
  }

  /** Opens everything that folds away within a part of the page. */
  async unfold(part: string): Promise<void> {
    await unfold(this.page, part);
  }

  async say(text: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "Message" }).fill(text);
    await this.page.getByRole("button", { name: "Send", exact: true }).click();
  }

  async isOn(endpoint: string): Promise<void> {
    await this.says(".me-where", `Connected to ${endpoint}`);
  }

  /** How many clients the map shows at each endpoint, in their order. */
  counts(): Promise<string[]> {
    return this.page.locator(".ring-count").allTextContents();
  }

  async shows(counts: readonly number[]): Promise<void> {
    await until(async () => (await this.counts()).join() === counts.join());
  }
}
