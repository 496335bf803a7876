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

  it("shows side by side what clients without history miss in a crash, and those with it catch up", async () => {
    const { open, on, environment } = await start(8);
    const ada = await open();
    const row = (name: string) =>
      ada.page.locator("#deliveries tr", { hasText: name }).locator("td").allTextContents();
    await ada.says("#deliveries", "Nobody has missed a message yet.");
    expect(await row("Clients")).toEqual(["4", "4"]);
    environment.setBroadcasts(100);
    await until(async () => !(await row("Sent to them")).includes("0"));

    await ada.press("eastus", "Crash");
    await until(() => on("westus") === 8);

    await ada.says("#deliveries", "those with history have caught up with");
    await until(async () => Number((await row("Missed"))[1]) > 0);
    await until(async () => Number((await row("Caught up"))[0]) > 0);
    expect([(await row("Missed"))[0], (await row("Caught up"))[1]]).toEqual(["0", "0"]);
    expect(await row("Heard twice")).toEqual(["0", "0"]);
    expect(ada.tab.errors).toEqual([]);
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
