import express from "express";
import { fetchAnswer } from "../support/regions.ts";
import { eventRequest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

describe("events arrive at a path that is written as the service's URL template:", () => {
  it.each<[string, string, number]>([
    ["/hooks/{hub}/{event}", "/hooks/chat/echo", 200],
    ["/hooks/{hub}/{event}", "/hooks/Chat/echo/", 200],
    ["/hooks/{hub}/{event}", "/hooks/chat", 404],
    ["/hooks/{hub}/{event}", "/hooks/news/echo", 404],
    ["/hooks/{hub}/{event}", "/hooks/chat/echo/more", 404],
    ["/hooks/on-{event}", "/hooks/on-echo", 200],
    ["/hooks/{hub}", "/hooks/chat", 200],
    ["/hooks/{hub}", "/hooks/chat/echo", 200],
    ["/hooks/{hub}", "/hooks/%63hat", 404],
    ["/", "/", 200],
    ["/", "/echo", 404],
  ])("%s, asked at %s, answers %d", async (path, asked, status) => {
    const { post, eastus, calls } = await setUp({ path });
    expect((await post({}, eastus, asked)).status).toBe(status);
    expect(calls).toHaveLength(status === 200 ? 1 : 0);
  });

  it("in a case-sensitive app, also in lower case, which the service may write", async () => {
    const { post, eastus } = await setUp({ path: "/Hooks/{hub}/" }, (app) =>
      app.enable("case sensitive routing"),
    );
    expect((await post({}, eastus, "/Hooks/chat/")).status).toBe(200);
    expect((await post({}, eastus, "/hooks/chat/")).status).toBe(404);
  });
});

it("a guard of the upstream path guards whatever is below it", async () => {
  const { post, eastus, url } = await setUp({}, (app) => {
    app.enable("case sensitive routing");
    app.use("/api/webpubsub/hubs/chat", (_req, res) => void res.status(403).end());
  });
  for (const path of ["", "/", "/echo", "//", "//echo"]) {
    expect((await post({}, eastus, `/api/webpubsub/hubs/chat${path}`)).status).toBe(403);
  }
  expect((await post({}, eastus, "/api/webpubsub/hubs/CHAT/")).status).toBe(404);
  const other = `${url}/api//webpubsub/hubs/chat/`;
  expect((await fetchAnswer(other, eventRequest(eastus, {}))).status).toBe(404);
});

it("events arrive below the path of a router", async () => {
  const { post, eastus, app, pubsub } = await setUp({ path: "/hooks/{event}" });
  app.use("/realtime", express.Router().use(pubsub));
  expect((await post({}, eastus, "/realtime/hooks/echo")).status).toBe(200);
});
