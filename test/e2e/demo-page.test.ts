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

  it("shows beside the map what a crash costs, with history and without", async () => {
    const { open, on, environment } = await start(8);
    const ada = await open();
    const row = (name: string) =>
      ada.page.locator("#figures tr", { hasText: name }).locator("td:visible").allTextContents();
    await ada.says("#figures", "Nothing has been broken yet.");
    expect(await row("Missed")).toEqual(["–", "–"]);
    // So often that nobody moves between two of them.
    environment.setBroadcasts(10);
    // Only who has heard one before can miss the next.
    const sent = () => environment.clients.deliveries;
    await until(() => sent().withHistory.sent > 16 && sent().withoutHistory.sent > 16);

    await ada.press("eastus", "Crash");
    await until(() => on("westus") === 8, 30_000);

    await ada.says("#figures", "eastus crashes");
    await ada.says("#figures .big", "p99 of 4 clients");
    await until(async () => Number((await row("Missed"))[1]) > 0);
    await until(async () => Number((await row("Replayed"))[0]) > 0);
    expect([(await row("Missed"))[0], (await row("Replayed"))[1]]).toEqual(["0", "0"]);
    expect(await row("Doubled")).toEqual(["0", "0"]);
    await ada.says("#figure", "Figure 2 · After failover");
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
    await ada.unfold("#controls");
    await ada.page.getByRole("slider", { name: "Clients", exact: true }).fill("14");
    await until(
      () => environment.clients.views.length === 14 && on("eastus") + on("westus") === 14,
    );

    await ada.shows([2, 12]);
    await ada.isOn("westus");
    await ada.says("#figure", "Figure 3 · Primary is back, 5 still away");
    await ada.press("eastus", "Send 5 clients home");
    await until(() => environment.view.failback === "paced");
    expect(ada.tab.errors).toEqual([]);
  });
});
