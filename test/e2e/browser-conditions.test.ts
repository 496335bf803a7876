import { useClientPage } from "./support.ts";

jest.setTimeout(60_000);

const open = useClientPage();

// So long that nothing but the browser's own word can end the wait within the test.
const patient = {
  reconnectRetryOptions: { retryDelayInMs: 3_600_000, maxRetryDelayInMs: 3_600_000 },
  keepAliveIntervalInMs: 1_800_000,
  keepAliveTimeoutInMs: 3_600_000,
};

describe("the client in a page of Chromium", () => {
  it("that is offline waits, and reconnects as soon as it is online", async () => {
    const { eastus, page } = await open();
    await page.begin(patient);
    const context = page.tab.page.context();

    // It leaves open sockets alone, so it is the crash that cuts this one.
    await context.setOffline(true);
    await page.tab.page.waitForFunction("!navigator.onLine");
    await eastus.inject({ kind: "crash" });
    await page.tab.page.waitForFunction(`client.state === "reconnecting"`);

    await context.setOffline(false);
    await page.isOn("westus");
    expect([await page.seen("connect-failed"), page.errors]).toEqual([[], []]);
  });

  it("whose clock jumps by an hour checks its connection at once", async () => {
    const { eastus, page, url } = await open();
    await page.tab.page.clock.install();
    await page.tab.page.goto(`${url}/page`);
    await page.begin(patient);

    await eastus.inject({ kind: "blackhole" });
    await page.tab.page.clock.fastForward("01:00:00");

    await page.isOn("westus");
    expect(page.errors).toEqual([]);
  });
});
