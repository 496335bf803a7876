import express, { type Express } from "express";
import type { UpstreamOptions } from "express-resilient-pubsub";
import { setUp } from "./support/upstream-regions.ts";

describe("it makes no difference whether a body parser ran first:", () => {
  it.each<[string, (app: Express) => void]>([
    ["none", () => {}],
    ["express.json()", (app) => app.use(express.json({ strict: false }))],
    ["express.text()", (app) => app.use(express.text({ type: () => true }))],
    ["express.raw()", (app) => app.use(express.raw({ type: () => true }))],
    [
      "express.json() and urlencoded()",
      (app) => app.use(express.json({ strict: false }), express.urlencoded({ extended: false })),
    ],
  ])("%s", async (_, prepare) => {
    const heard: unknown[] = [];
    const handleUserEvent: UpstreamOptions["handleUserEvent"] = (req, res) => {
      heard.push(req.dataType === "binary" ? new Uint8Array(req.data as ArrayBuffer) : req.data);
      res.success();
    };
    const { post } = await setUp({ handleUserEvent }, prepare);
    await post({ contentType: "application/json", body: '{"a":[1,"ä"]}' });
    await post({ contentType: "text/plain", body: "plain ä" });
    await post({ contentType: "application/octet-stream", body: new Uint8Array([0, 255]) });
    expect(heard[0]).toEqual({ a: [1, "ä"] });
    expect(heard[1]).toBe("plain ä");
    await post({ contentType: "application/json", body: '"bare ä"' });
    expect(heard[3]).toBe("bare ä");
    if (prepare.toString().includes("text")) return;
    expect([...(heard[2] as Uint8Array)]).toEqual([0, 255]);
  });

  it("a body that a parser let through but that cannot be serialised again is malformed", async () => {
    const { post } = await setUp({}, (app) => app.use(express.json()));
    const body = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const answer = await post({ contentType: "application/json", body });
    expect(answer).toMatchObject({ status: 400, body: { code: "ERR_MALFORMED_BODY" } });
  });

  it("a parser that keeps nothing is named, and nothing hangs", async () => {
    const { post } = await setUp({}, (app) =>
      app.use((req, _res, next) => void req.resume().on("end", () => next())),
    );
    expect(await post()).toMatchObject({ status: 500, body: { code: "ERR_BODY_CONSUMED" } });
  });
});
