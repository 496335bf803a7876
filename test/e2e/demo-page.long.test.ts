import { until } from "../support/until.ts";
import { useDemo } from "./demo-support.ts";

jest.setTimeout(60_000);

const start = useDemo();

describe("the page of the demo", () => {
  it("moves all clients back by paced failback", async () => {
    const { open, on } = await start(8);
    const ada = await open();
    await ada.isOn("eastus");
    await ada.press("eastus", "Crash");
    await ada.shows([0, 8]);
    await ada.press("eastus", "Heal eastus");
    await ada.says("#summary", "eastus is in use again");

    await ada.choose("Failback", "Paced");

    await ada.says("#summary", "All is well.");
    await ada.isOn("eastus");
    await ada.says("#figures .big", /Failover.*p99 of 4 clients/);
    await ada.says("#figures .big", /Failback.*p99 of 4 clients/);
    expect([on("eastus"), on("westus")]).toEqual([4, 4]);
    expect(ada.tab.errors).toEqual([]);
  });

  // Their connections stay open: that they are to leave, a review tells them, within 20 s.
  it.each(["Gray", "Rotate key"])(
    "moves every client, its own too, by its button %s, although no connection breaks",
    async (order) => {
      const { open, on, environment } = await start(8);
      environment.setBroadcasts(1000);
      const ada = await open();
      await ada.isOn("eastus");

      await ada.press("eastus", order);

      await until(() => on("eastus") === 0 && on("westus") === 8, 60_000);
      await ada.isOn("westus");
      expect(ada.tab.errors).toEqual([]);
    },
    90_000,
  );

  it("shows a chat message to all, and sends it to the app server in the region of its endpoint only", async () => {
    const { open, environment } = await start(6);
    const [ada, grace] = await Promise.all([open("user=ada"), open("user=grace&home=westus")]);
    await Promise.all([ada.isOn("eastus"), grace.isOn("westus")]);

    await grace.say("good morning");
    const flashing = ada.page.locator(".event-arrow.flash");
    await flashing.waitFor({ state: "attached" });
    expect(await ada.page.locator(".event-arrow").nth(1).getAttribute("class")).toContain("flash");

    for (const listener of [ada, grace]) {
      await listener.says("#chat .rows", /grace\s*good morning/);
      await listener.says("#chat .note", "told to the app server in westus");
      await listener.says("#timeline", "good morning");
    }
    await until(async () => (await environment.clients.recipientsOf("good morning")).length === 6);
    const published = environment.events.entries.filter(({ text }) =>
      text.includes("good morning"),
    );
    expect(published.map(({ kind, server }) => [kind, server])).toEqual([
      ["clientEvent", "westus"],
    ]);
  });

  it("shows what a client publishes to the clients of both regions", async () => {
    const { open } = await start(4);
    const [ada, grace] = await Promise.all([open("user=ada"), open("user=grace&home=westus")]);
    await Promise.all([ada.isOn("eastus"), grace.isOn("westus")]);
    await grace.page.getByRole("button", { name: "Publish" }).click();

    await grace.say("good evening");

    for (const listener of [ada, grace]) {
      await listener.says("#chat .rows", /grace\s*good evening/);
      await listener.says("#chat .note", "published to the clients of all regions");
    }
    expect([...ada.tab.errors, ...grace.tab.errors]).toEqual([]);
  });

  it("shows changes whoever ordered them", async () => {
    const { open, environment } = await start(4);
    const [ada, grace] = await Promise.all([open(), open()]);
    const pressed = (region: string) =>
      grace.page.locator(`[data-endpoint=${region}] [aria-pressed=true]`).allTextContents();
    const isPressed = async (region: string, name: string) =>
      (await pressed(region)).some((text) => text.endsWith(name));
    await grace.says("#summary", "All is well.");

    await ada.press("westus", "Drain");
    await until(() => isPressed("westus", "Drain"));
    await environment.setFault("eastus", "slow");
    await until(() => isPressed("eastus", "Slow"));
    await grace.press("eastus", "Heal eastus");
    await grace.press("westus", "Drain");
    await ada.says("#summary", "All is well.");
    await ada.press("westus", "Stop app server");
    await grace.says("#summary", "The app server in westus is stopped.");
    await grace.press("westus", "Start app server");
    await ada.says("#summary", "All is well.");
    await ada.choose("Topology", "Client-client");
    await grace.says("#summary", "All app servers agree on");
    expect([...ada.tab.errors, ...grace.tab.errors]).toEqual([]);
  });

  it("plays the guided drill, whose figures agree with what the app servers say has happened", async () => {
    // So that the dots have arrived before the drill goes on.
    const { open, environment } = await start(8, { lingerInMs: 2500 });
    const ada = await open();
    await ada.isOn("eastus");
    const begin = environment.events.entries.length;

    await ada.page.getByRole("button", { name: "Play the guided drill" }).click();
    await ada.says("#figure", "Figure 2");
    await ada.says("#figure", "Figure 3");
    await ada.page.locator("#drill[data-state=passed]").waitFor({ timeout: 45_000 });

    const happened = environment.events.entries.slice(begin);
    const crash = happened.find(({ kind }) => kind === "fault");
    const down = happened.find(
      ({ kind, server }) => kind === "endpointDown" && server === "eastus",
    );
    const moved = happened.find(({ kind, text }) => kind === "clients" && text.includes("moved"));
    expect(moved?.text).toContain("4 clients moved from eastus to westus");
    await ada.says("#drill .result", /^back in \d+\.\d s · 0 of \d+ refused · 0 messages lost$/);
    const report = (await ada.page.locator(".markdown").textContent()) ?? "";
    expect(report).toContain("# Failover drill: passed");
    expect(report).toContain("moved to westus: 4 clients");
    const detectedInMs = (down?.at ?? 0) - (crash?.at ?? 0);
    expect(report).toContain(`primary found down after: ${detectedInMs} ms`);
    await ada.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await ada.page.getByRole("button", { name: "Copy as Markdown" }).click();
    await ada.says("#drill [role=status]", "Copied.");
    expect(await ada.page.evaluate("navigator.clipboard.readText()")).toBe(report);
    expect(ada.tab.errors).toEqual([]);
  });
});
