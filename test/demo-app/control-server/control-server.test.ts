import { createServer } from "node:http";
import { listenOnLoopback } from "../../../demo-app/http/listen.ts";
import { startDemo as start } from "../../../demo-app/startup/start-demo.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";
import { ask, get, post } from "../support/http.ts";
import { nextPorts, startDemo } from "../support/start-demo.ts";

jest.setTimeout(30_000);

describe("the control server of the demo", () => {
  it("gives the orders of its routes to the environment", async () => {
    const { environment, url } = await startDemo();
    const order = async (path: string, body: object) => {
      const { status, body: text } = await post(`${url}/api/control${path}`, body);
      expect([path, status, text]).toEqual([path, 204, ""]);
    };

    await order("/endpoints/westus/fault", { fault: "gray" });
    await order("/endpoints/eastus/operator", { order: "drain" });
    await order("/servers/westus", { order: "stop" });
    await order("/failback", { failback: "paced" });
    await order("/broadcasts", { everyInMs: 100 });
    await order("/crowd", { size: 2 });
    await order("/comparison", { order: "start" });
    expect(environment.view).toMatchObject({
      failback: "paced",
      endpoints: [{ isDrained: true }, { fault: "gray" }],
      servers: [{ isRunning: true }, { isRunning: false }],
      clientCounts: { wanted: 2 },
      broadcastEveryInMs: 100,
      isComparing: true,
    });

    await order("/endpoints/westus/fault", { fault: null });
    await order("/endpoints/eastus/operator", { order: "undrain" });
    await order("/servers/westus", { order: "start" });
    await order("/topology", { topology: "client-client" });
    await order("/broadcasts", { everyInMs: 0 });
    await order("/comparison", { order: "stop" });
    expect(environment.view).toMatchObject({
      topology: "client-client",
      endpoints: [{ isDrained: false }, { fault: null }],
      servers: [{ isRunning: true }, { isRunning: true }],
      broadcastEveryInMs: 0,
      isComparing: false,
    });
  });

  it.each<[string, object, number, RegExp]>([
    ["/endpoints/mars/fault", { fault: "crash" }, 404, /no endpoint "mars"/],
    ["/endpoints/eastus/fault", { fault: "explode" }, 400, /crash, blackhole/],
    ["/endpoints/eastus/fault", {}, 400, /fault must be/],
    ["/endpoints/eastus/operator", { order: "bribe" }, 400, /drain, undrain/],
    ["/endpoints/mars/operator", { order: "drain" }, 404, /no endpoint/],
    ["/servers/mars", { order: "stop" }, 404, /no app server/],
    ["/servers/eastus", { order: "pause" }, 400, /stop, start/],
    ["/topology", { topology: "ring" }, 400, /client-server, client-client/],
    ["/failback", { failback: "never" }, 400, /natural, paced/],
    ["/crowd", { size: 0 }, 400, /1 to 500/],
    ["/crowd", { size: 501 }, 400, /1 to 500/],
    ["/crowd", { size: "many" }, 400, /1 to 500/],
    ["/broadcasts", { everyInMs: 99 }, 400, /100 to 60000/],
    ["/broadcasts", { everyInMs: 60_001 }, 400, /100 to 60000/],
    ["/comparison", { order: "cheat" }, 400, /start, stop/],
    ["/drill", { order: "hurry" }, 400, /start, stop/],
    ["/nothing", {}, 404, /no such route/],
  ])("answers %s %j by %d and a sentence", async (path, body, status, sentence) => {
    const { environment, url } = await startDemo();

    const answer = await post(`${url}/api/control${path}`, body);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.stringMatching(sentence) });
    expect(environment.events.entries).toEqual([]);
  });

  it.each([
    ["no JSON", "{", 400],
    ["more than any order takes", JSON.stringify({ fault: "x".repeat(2000) }), 413],
  ])("refuses %s", async (_what, body, status) => {
    const { url } = await startDemo();
    const headers = { "Content-Type": "application/json" };

    const answer = await ask("POST", `${url}/api/control/crowd`, { body, headers });

    expect(answer).toMatchObject({ status, body: { error: expect.any(String) } });
  });

  it.each([
    ["the page of another site", { Origin: "https://example.com" }, 403],
    ["a page without an origin of its own", { Origin: "null" }, 403],
    ["another local server's page", { Origin: "http://127.0.0.1:1" }, 403],
    ["a foreign name that points at this machine", { Host: "example.com" }, 403],
    ["a form", { "Content-Type": "text/plain" }, 415],
  ])("refuses orders of %s", async (_who, headers: Record<string, string>, expected) => {
    const { environment, url } = await startDemo();

    const answer = await post(
      `${url}/api/control/endpoints/eastus/fault`,
      { fault: "crash" },
      headers,
    );

    expect(answer.status).toBe(expected);
    expect(environment.view.endpoints[0]?.fault).toBeNull();
  });

  it.each(["/api/live", "/api/clients/1", "/negotiate?home=eastus"])(
    "tells %s to nobody who comes by a foreign name",
    async (path) => {
      const { url } = await startDemo();

      expect(await get(url + path, { Host: "example.com" })).toMatchObject({ status: 403 });
    },
  );

  it("accepts requests of its page by either name of this machine", async () => {
    const { url } = await startDemo();

    for (const origin of [url, url.replace("127.0.0.1", "localhost")]) {
      const answer = await post(
        `${url}/api/control/broadcasts`,
        { everyInMs: 0 },
        { Origin: origin, Host: new URL(origin).host },
      );
      expect(answer.status).toBe(204);
    }
  });

  it("carries out the same order of two tabs at once, and answers both with success", async () => {
    const { environment, url } = await startDemo();
    const twice = (path: string, body: object) =>
      Promise.all([1, 2].map(() => post(`${url}/api/control${path}`, body)));

    const answers = [
      ...(await twice("/servers/eastus", { order: "stop" })),
      ...(await twice("/endpoints/westus/fault", { fault: "crash" })),
      ...(await twice("/servers/eastus", { order: "start" })),
    ];

    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204, 204]);
    expect(environment.view.servers[0]?.isRunning).toBe(true);
    const orders = environment.events.entries.filter(({ kind }) => /^(fault|server)/.test(kind));
    expect(orders).toHaveLength(3);
  });

  it("describes each simulated client", async () => {
    const { environment, url } = await startDemo();
    await environment.clients.resize(2);

    expect(await get(`${url}/api/clients/2`)).toMatchObject({
      status: 200,
      body: { id: 2, homeRegion: "westus", endpoint: "westus", moves: 0, downtimeInMs: null },
    });
    for (const path of ["/api/clients/3", "/api/microsoft-clients/1"]) {
      expect(await get(`${url}${path}`)).toMatchObject({
        status: 404,
        body: { error: expect.any(String) },
      });
    }
  });

  it("serves its page on all paths that are no route", async () => {
    const page = closeAfterTest(
      await start({
        firstPort: nextPorts(),
        page: (req, res, next) => (req.path === "/" ? void res.send("<h1>hi</h1>") : next()),
      }),
    );

    expect(await get(page.url)).toMatchObject({ status: 200, body: "<h1>hi</h1>" });
    expect(await get(`${page.url}/nothing`)).toMatchObject({ status: 404 });
  });

  it("takes the next free ports when the wanted ones are taken", async () => {
    const firstPort = nextPorts();
    closeAfterTest(await listenOnLoopback(firstPort));
    const demo = closeAfterTest(await start({ firstPort }));

    const ports = [demo.url, ...demo.environment.view.servers.map(({ url }) => url)].map((url) =>
      Number(new URL(url).port),
    );

    expect(Math.min(...ports)).toBeGreaterThan(firstPort);
    expect(new Set(ports).size).toBe(3);
  });

  it("leaves no port open and no client running when it is closed", async () => {
    const { close, environment, url } = await startDemo();
    await environment.clients.resize(2);
    environment.setBroadcasts(100);
    const urls = [url, ...environment.view.servers.map((server) => server.url)];

    await Promise.all([close(), close()]);

    for (const each of urls)
      await expect(get(each)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    for (const each of urls) {
      const again = createServer().listen(Number(new URL(each).port), "127.0.0.1");
      await until(() => again.listening);
      again.close();
    }
  });
});

describe("negotiate at the control server of the demo", () => {
  it("passes on what the app server of the client's home region answers", async () => {
    const { url } = await startDemo();

    for (const homeRegion of ["eastus", "westus"]) {
      const answer = await get(`${url}/negotiate?home=${homeRegion}&user=ada`);
      expect(answer).toMatchObject({
        status: 200,
        headers: { "cache-control": "no-store" },
        body: { endpoint: homeRegion, role: "primary", url: expect.stringMatching(/^ws:/) },
      });
    }
  });

  it("passes on every endpoint that the client says has failed", async () => {
    const { url } = await startDemo();

    const one = await get(`${url}/negotiate?home=eastus&failed=eastus`);
    const both = await get(`${url}/negotiate?home=eastus&failed=westus&failed=eastus`);

    expect(one.body).toMatchObject({ endpoint: "westus", role: "secondary" });
    expect(both.body).toMatchObject({ endpoint: "eastus" });
  });

  it("passes on the epoch of the agreement, where there is one", async () => {
    const { environment, url } = await startDemo();
    expect((await get(`${url}/negotiate?home=eastus`)).body).not.toHaveProperty("epoch");

    await environment.setTopology("client-client");

    expect((await get(`${url}/negotiate?home=eastus`)).body).toMatchObject({ epoch: 1 });
  });

  it("passes on what a client asks of the history, also while the app server of its home is stopped", async () => {
    const { environment, url } = await startDemo();
    const negotiated = await get(`${url}/negotiate?home=eastus&user=ada&history=1`);
    const { grant, history } = negotiated.body;
    await environment.broadcast("westus", "missed");
    const ask = () =>
      post(`${url}/negotiate/history?home=eastus`, { grant, since: history.positions });

    const answers = [await ask()];
    await environment.stopServer("eastus");
    answers.push(await ask());

    for (const { body, status } of answers) {
      expect([status, body.streams.a.recovered]).toEqual([200, true]);
      expect(body.streams.a.messages).toMatchObject([{ d: { text: "missed", number: 1 } }]);
    }
    expect(await post(`${url}/negotiate/history?home=eastus`, { grant: "forged" })).toMatchObject({
      status: 400,
      body: { code: "ERR_HISTORY_REQUEST" },
    });
  });

  it("asks another app server while that of the home region is stopped, and refuses when none runs", async () => {
    const { environment, url } = await startDemo();
    await environment.stopServer("eastus");
    expect((await get(`${url}/negotiate?home=eastus`)).body).toMatchObject({ endpoint: "westus" });

    await environment.stopServer("westus");

    expect(await get(`${url}/negotiate?home=eastus`)).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      body: { code: "ERR_NO_APP_SERVER" },
    });
  });
});
