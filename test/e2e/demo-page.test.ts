import { until } from "../support/until.ts";
import { useDemo } from "./demo-support.ts";

jest.setTimeout(60_000);

const start = useDemo();

describe("the page of the demo", () => {
  it("loads without errors, and says which region serves whom, and why", async () => {
    const { open } = await start(6);
    const ada = await open("user=ada");

    await ada.isOn("eastus");
    await ada.says(
      "#summary",
      "eastus serves its 3 clients and westus its 3 clients, because each app server answers negotiate with its primary.",
    );
    await ada.shows([3, 3]);
    expect(await ada.page.locator(".dot").count()).toBeGreaterThanOrEqual(6);
    expect([ada.tab.errors, ada.tab.failedConnections]).toEqual([[], []]);
  });

  it("moves every client, its own too, when a region crashes; natural failback returns new ones only", async () => {
    const { open, on, environment } = await start(10);
    const ada = await open();
    await ada.isOn("eastus");
    await ada.page.evaluate("globalThis.isSamePage = true");

    await ada.press("eastus", "Crash");
    await ada.says("#summary", "Its 5 clients are served by westus, because the app server in");
    await ada.shows([0, 10]);
    await ada.isOn("westus");
    expect([on("eastus"), on("westus")]).toEqual([0, 10]);
    expect(await ada.page.evaluate("isSamePage")).toBe(true);

    await ada.press("eastus", "Heal eastus");
    await ada.says("#summary", "New clients go there; its 5 clients are on westus");
    await ada.page.getByRole("slider", { name: "Clients", exact: true }).fill("14");
    await until(
      () => environment.clients.views.length === 14 && on("eastus") + on("westus") === 14,
    );

    await ada.shows([2, 12]);
    await ada.isOn("westus");
    expect(ada.tab.errors).toEqual([]);
  });
});
