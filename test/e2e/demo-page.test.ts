import { startWorld } from "../demo-app/start-world.ts";
import { type Tab, useBrowser } from "../support/browser.ts";
import { bundleClient } from "../support/client-bundle.ts";
import { until } from "../support/until.ts";

jest.setTimeout(60_000);

const openTab = useBrowser();
let clientCode: string;
beforeAll(async () => {
  clientCode = await bundleClient();
}, 60_000);

/** As many tabs of the page of eastus, when they are on eastus. */
async function openTabs(count: number) {
  const world = await startWorld(clientCode);
  const open = () => openTab(world.urlOf("eastus"));
  const tabs = await Promise.all(Array.from({ length: count }, open));
  await Promise.all(tabs.map((tab) => isOn(tab, "eastus")));
  // A reload would take this away.
  for (const { page } of tabs) await page.evaluate("globalThis.isSamePage = true");
  const errors = () => tabs.flatMap((tab) => tab.errors);
  return { ...world, tabs, open, errors };
}

const isOn = ({ page }: Tab, endpoint: string) =>
  page.locator("#here[data-kind=connected] #here-endpoint", { hasText: endpoint }).waitFor();

const shows = ({ page }: Tab, place: string, text: string) =>
  page.locator(place, { hasText: text }).waitFor();

async function say({ page }: Tab, text: string): Promise<void> {
  await page.fill("#chat [name=text]", text);
  await page.click("#chat button");
}

describe("the page of the demo", () => {
  it("loads without a complaint, and shows the role of its endpoint", async () => {
    const { tabs } = await openTabs(1);
    const [tab] = tabs as [Tab];

    await shows(tab, "#here-detail", "primary of the app server in eastus");
    await shows(tab, "#timeline", "connected to eastus");
    expect([tab.errors, tab.failedConnections]).toEqual([[], []]);
  });

  it.each(["crash", "blackhole"])(
    "moves in every tab without a reload when a region is unplugged by %s",
    async (fault) => {
      const { tabs, control, errors } = await openTabs(3);

      await control("eastus", fault);
      await Promise.all(tabs.map((tab) => isOn(tab, "westus")));

      await say(tabs[0] as Tab, "still here");
      await Promise.all(tabs.map((tab) => shows(tab, "#messages", "still here")));
      await Promise.all(tabs.map((tab) => shows(tab, "#timeline", "moved from eastus to westus")));
      for (const { page } of tabs) expect(await page.evaluate("isSamePage")).toBe(true);
      expect(errors()).toEqual([]);
    },
  );

  it("stays on a region that fails its health checks only, and says so, until it reconnects", async () => {
    const { tabs, control, errors } = await openTabs(3);

    await control("eastus", "unhealthy");
    await Promise.all(tabs.map((tab) => shows(tab, "#notice", "Reconnect moves it")));
    for (const { page } of tabs) await page.click("#reconnect");

    await Promise.all(tabs.map((tab) => isOn(tab, "westus")));
    await say(tabs[0] as Tab, "still here");
    await Promise.all(tabs.map((tab) => shows(tab, "#messages", "still here")));
    for (const { page } of tabs) expect(await page.evaluate("isSamePage")).toBe(true);
    expect(errors()).toEqual([]);
  });

  it("goes home when its region is healed and it reconnects; a new tab is there at once", async () => {
    const { tabs, open, control, negotiate } = await openTabs(1);
    const [tab] = tabs as [Tab];
    await control("eastus", "crash");
    await isOn(tab, "westus");

    await control("eastus", "heal");
    await until(async () => (await negotiate("eastus")).endpoint === "eastus");
    const newcomer = await open();
    await isOn(newcomer, "eastus");
    await isOn(tab, "westus");
    await tab.page.click("#reconnect");

    await isOn(tab, "eastus");
    expect([...tab.errors, ...newcomer.errors]).toEqual([]);
  });

  it("takes its endpoint from the app server that is chosen", async () => {
    const { tabs, errors } = await openTabs(1);
    const [tab] = tabs as [Tab];

    await tab.page.getByRole("radio", { name: "westus" }).check();

    await isOn(tab, "westus");
    await shows(tab, "#here-detail", "primary of the app server in westus");
    await shows(tab, "#timeline", "moved from eastus to westus");
    expect(errors()).toEqual([]);
  });
});
