import { until } from "../support/until.ts";
import { post, startWorld } from "./start-world.ts";

describe("the demo", () => {
  it("serves the page and every file that the page names, from its own folder", async () => {
    const { urlOf } = await startWorld();

    for (const region of ["eastus", "westus"]) {
      const page = await fetch(urlOf(region));
      expect(page.headers.get("content-type")).toMatch("text/html");
      const html = await page.text();
      const files = [...html.matchAll(/(?:src|href)="([^"/]+)"/g)].map(([, file]) => file);
      expect(files).toContain("main.js");
      for (const file of files) {
        expect([file, (await fetch(`${urlOf(region)}/${file}`)).status]).toEqual([file, 200]);
      }
      expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    }
  });

  it("serves the page's client beside it", async () => {
    const { urlOf } = await startWorld("export const client = 1;");

    const response = await fetch(`${urlOf("westus")}/client.js`);

    expect(response.headers.get("content-type")).toMatch("text/javascript");
    expect(await response.text()).toBe("export const client = 1;");
  });

  it("has two app servers that see both endpoints healthy, each with its own as primary", async () => {
    const { status } = await startWorld();

    expect(await status("eastus")).toMatchObject({
      region: "eastus",
      endpoints: [
        { name: "eastus", role: "primary", state: "healthy" },
        { name: "westus", role: "secondary", state: "healthy" },
      ],
    });
    expect(await status("westus")).toMatchObject({
      region: "westus",
      endpoints: [
        { name: "eastus", role: "secondary", state: "healthy" },
        { name: "westus", role: "primary", state: "healthy" },
      ],
    });
  });

  it.each(["crash", "unhealthy", "blackhole"])(
    "sends clients to the other region after %s, and home again after heal",
    async (action) => {
      const { control, negotiate, status } = await startWorld();
      expect(await negotiate("eastus")).toMatchObject({ endpoint: "eastus", role: "primary" });

      expect(await control("eastus", action)).toMatchObject({ status: 200 });
      expect(await status("westus")).toMatchObject({ faults: { eastus: action, westus: null } });
      await until(async () => (await negotiate("eastus")).endpoint === "westus");
      // Clients go elsewhere before a silent region is given up.
      await until(async () => {
        const { events } = await status("eastus");
        return (events as { name: string }[]).some(({ name }) => name === "failover");
      });

      expect(await control("eastus", "heal")).toMatchObject({ body: { fault: null } });
      await until(async () => (await negotiate("eastus")).endpoint === "eastus");
    },
    30_000,
  );

  it("takes a chat message in at the app server of the client's region, and tells it to all", async () => {
    const { connect } = await startWorld();
    const ada = await connect("eastus", "ada");
    const bob = await connect("westus", "bob");
    expect([ada.endpoint, bob.endpoint]).toEqual(["eastus", "westus"]);

    ada.say("hello from the east");
    bob.say("hello from the west");

    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("hello from the east")).toMatchObject({
        from: "ada",
        server: "eastus",
      });
      expect(await hearer.heard("hello from the west")).toMatchObject({
        from: "bob",
        server: "westus",
      });
    }
  });

  it("takes it in at the other region's app server while the client is away from home", async () => {
    const { connect, control, negotiate } = await startWorld();
    await control("eastus", "crash");
    await until(async () => (await negotiate("eastus")).endpoint === "westus");
    const ada = await connect("eastus", "ada");

    ada.say("still here");

    expect(await ada.heard("still here")).toMatchObject({ from: "ada", server: "westus" });
  }, 30_000);

  it("broadcasts from one app server to the clients of both regions", async () => {
    const { connect, urlOf } = await startWorld();
    const ada = await connect("eastus", "ada");
    const bob = await connect("westus", "bob");

    const { status, body } = await post(`${urlOf("westus")}/api/broadcast`, { text: "to all" });

    expect([status, body]).toEqual([
      200,
      { delivered: expect.arrayContaining(["eastus", "westus"]), failed: [], skipped: [] },
    ]);
    for (const hearer of [ada, bob]) {
      expect(await hearer.heard("to all")).toMatchObject({ server: "westus" });
    }
  });
});

describe("the control routes", () => {
  it("obey the pages of both app servers", async () => {
    const { urlOf, status } = await startWorld();

    for (const origin of [urlOf("eastus"), urlOf("westus").replace("127.0.0.1", "localhost")]) {
      const url = `${urlOf("eastus")}/api/control/westus`;
      const answer = await post(url, { action: "crash" }, { Origin: origin });
      expect(answer).toEqual({ status: 200, body: { region: "westus", fault: "crash" } });
    }
    expect(await status("eastus")).toMatchObject({ faults: { westus: "crash" } });
  });

  it.each([
    ["the page of another site", { Origin: "https://example.com" }, 403],
    ["a page without an origin of its own", { Origin: "null" }, 403],
    ["another local server's page", { Origin: "http://127.0.0.1:1" }, 403],
    ["a foreign name that points at this machine", { Host: "example.com" }, 403],
    ["a form", { "Content-Type": "text/plain" }, 415],
  ])("refuse %s", async (_who, headers: Record<string, string>, expected) => {
    const { urlOf, status } = await startWorld();

    for (const route of ["/api/control/eastus", "/api/broadcast"]) {
      const answer = await post(`${urlOf("eastus")}${route}`, { action: "crash" }, headers);
      expect(answer.status).toBe(expected);
    }
    expect(await status("eastus")).toMatchObject({ faults: { eastus: null } });
  });

  it("refuse regions and actions that there are not", async () => {
    const { control, urlOf } = await startWorld();

    expect(await post(`${urlOf("eastus")}/api/control/mars`, { action: "crash" })).toMatchObject({
      status: 404,
    });
    expect(await control("eastus", "explode")).toMatchObject({ status: 400 });
  });
});

describe("the answers of one app server", () => {
  it("can be read by the page of the other, and by no other site's", async () => {
    const { urlOf } = await startWorld();
    const allowed = async (origin: string): Promise<string | null> => {
      const response = await fetch(`${urlOf("westus")}/api/status`, { headers: { origin } });
      return response.headers.get("access-control-allow-origin");
    };

    expect(await allowed(urlOf("eastus"))).toBe(urlOf("eastus"));
    expect(await allowed("https://example.com")).toBeNull();
  });
});
