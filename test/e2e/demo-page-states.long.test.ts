import { clientChangesOf, eastusDown, environmentWith } from "../support/environment-views.ts";
import { figuresWith } from "../support/figure-views.ts";
import { until } from "../support/until.ts";
import { unfold, usePage } from "./demo-support.ts";
import { openScripted } from "./scripted-page.ts";

jest.setTimeout(60_000);

const page = usePage();

describe("the page of the demo", () => {
  it("says that the control server is gone, and shows its state again when it is back", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(6));
    await tab.page.getByText("All is well.").waitFor();

    controlServer.leave();
    await tab.page.getByText("The control room does not answer.").waitFor();
    controlServer.isAway = false;
    controlServer.publish("environment", eastusDown());
    controlServer.publish(
      "clients",
      clientChangesOf(2, () => 1),
    );

    await tab.page.locator("#link", { hasText: "Live" }).waitFor();
    await tab.page.getByText("Its 1 client is served by westus").waitFor();
    expect(await tab.page.locator(".ring-count").allTextContents()).toEqual(["0", "2"]);
    expect(await tab.page.locator(".client-dots .dot").count()).toBe(2);
    expect([controlServer.listenings, tab.errors]).toEqual([2, []]);
  });

  it("shows the actual state after a refused order, and why it was refused", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    const eastus = tab.page.getByRole("region", { name: "Region eastus" });
    const crash = eastus.getByRole("button", { name: "Crash" });

    await crash.click();
    await until(() => controlServer.orders.length === 1);
    expect(controlServer.orders).toEqual([
      { path: "/endpoints/eastus/fault", body: { fault: "crash" } },
    ]);
    expect(await crash.getAttribute("aria-pressed")).toBe("false");
    controlServer.publish("environment", eastusDown());
    await eastus.locator("[aria-pressed=true]", { hasText: "Crash" }).waitFor();

    controlServer.refusal = "Another tab has stopped that app server.";
    await unfold(tab.page, "#controls");
    await eastus.getByRole("button", { name: "Stop app server" }).click();
    await tab.page.getByRole("alert").getByText(controlServer.refusal).waitFor();
    expect(controlServer.orders.at(-1)).toEqual({
      path: "/servers/eastus",
      body: { order: "stop" },
    });
  });

  it("sends only the last value of the slider for the number of clients", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    await unfold(tab.page, "#controls");
    const slider = tab.page.getByRole("slider", { name: "Clients", exact: true });

    for (const size of ["200", "300", "500"]) await slider.fill(size);
    await until(() => controlServer.orders.length > 0);

    expect(controlServer.orders).toEqual([{ path: "/crowd", body: { size: 500 } }]);
  });

  it("shows Microsoft's clients instead of ours on demand, until the comparison ends", async () => {
    const { controlServer, tab } = await openScripted(page);
    const comparing = environmentWith({ environment: { isComparing: true } });
    const counts = () => tab.page.locator(".ring-count").allTextContents();
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(6));
    controlServer.publish("figures", figuresWith());
    await until(async () => String(await counts()) === "3,3");

    await tab.page.getByRole("button", { name: "Microsoft’s client" }).click();
    await until(() => controlServer.orders.length === 1);
    expect(controlServer.orders).toEqual([{ path: "/comparison", body: { order: "start" } }]);
    controlServer.publish("environment", comparing);
    controlServer.publish("microsoftClients", clientChangesOf(4));
    controlServer.publish("figures", figuresWith({ microsoft: { without: 2 } }));
    await until(async () => String(await counts()) === "2,2");
    await tab.page.locator("#figures th:visible", { hasText: "Microsoft’s" }).waitFor();

    controlServer.publish("environment", environmentWith());
    await until(async () => String(await counts()) === "3,3");
    expect(tab.errors).toEqual([]);
  });

  it("counts a client whose dot is under way as on the way, at no endpoint", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(4));
    await until(async () => (await tab.page.locator(".client-dots .dot").count()) === 4);
    await tab.page.evaluate(`
      globalThis.shown = new Set();
      const note = () => shown.add([...document.querySelectorAll(".dock-count, .ring-count")].map(({ textContent }) => textContent).join());
      new MutationObserver(note).observe(document.querySelector(".region-map"), { childList: true, subtree: true }); 0`);

    controlServer.publish(
      "clients",
      clientChangesOf(4, () => 1),
    );
    await tab.page.getByText("Figure 3 · Primary is back, 2 still away").waitFor();

    expect(await tab.page.evaluate("[...shown]")).toEqual(
      expect.arrayContaining(["2,0,2", "0,0,4"]),
    );
  });

  it("says what to click in the Azure portal instead of fault buttons", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith({ environment: { mode: "azure" } }));
    await unfold(tab.page, "#controls");
    await tab.page.getByText("disable public network access").first().waitFor();

    await tab.page.getByText("Restart the resource").first().waitFor();
    expect(await tab.page.getByRole("button", { name: "Crash" }).count()).toBe(0);
    expect(await tab.page.getByRole("button", { name: "Drain" }).count()).toBe(2);
  });

  it("gives every client of five hundred a dot of its own, where its connection is", async () => {
    const { controlServer, tab } = await openScripted(page);
    controlServer.publish("environment", environmentWith());
    controlServer.publish("clients", clientChangesOf(500));
    await until(async () => (await tab.page.locator(".client-dots .dot").count()) === 500);

    controlServer.publish(
      "clients",
      clientChangesOf(500, (homeRegion, id) => (homeRegion === 0 && id > 400 ? -1 : 1)),
    );
    // Until all have arrived, they are counted as on the way.
    const counts = () => tab.page.locator(".ring-count").allTextContents();
    await until(async () => String(await counts()) === "0,450");
    expect(await tab.page.locator(".dock-count").textContent()).toBe("50");
    const places = await tab.page.locator(".client-dots .dot").evaluateAll((dots) => {
      const transforms = dots.map((dot) => dot.getAttribute("transform"));
      return new Set(transforms).size;
    });
    expect(places).toBe(500);
  });
});
