import express from "express";
import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { startRegions } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

type Authenticate = NonNullable<ResilientPubSubOptions["negotiate"]>["authenticate"];

/** A negotiate, and whether it was answered before the middleware had returned. */
async function negotiateOnce(authenticate: Authenticate) {
  // However slow the machine is, the first check is fresh enough.
  const health = { onDemandMaxAgeInMs: 60_000 };
  const { pubsub } = await startRegions({ negotiate: { authenticate }, health });
  pubsub.events.on("handlerError", () => {});
  await pubsub.ready();
  let isAtOnce: boolean | undefined;
  const app = express()
    .use((_req, res, next) => {
      next();
      isAtOnce = res.headersSent;
    })
    .use(pubsub);
  const { url } = closeAfterTest(await serve(app));
  const { status } = await fetch(`${url}/negotiate`);
  return { status, isAtOnce };
}

// Each promise on the way would be followed by a hook where an app is traced.
it.each<[string, Authenticate, number]>([
  ["that authenticate lets in", () => ({ userId: "ada" }), 200],
  ["that authenticate refuses", () => null, 401],
  [
    "for which authenticate throws",
    () => {
      throw new Error("boom");
    },
    500,
  ],
])("a negotiate %s at once is answered at once", async (_, authenticate, status) => {
  expect(await negotiateOnce(authenticate)).toEqual({ status, isAtOnce: true });
});

it("a negotiate that has to wait for authenticate is answered when that is done", async () => {
  const authenticate: Authenticate = async () => ({ userId: "ada" });
  expect(await negotiateOnce(authenticate)).toEqual({ status: 200, isAtOnce: false });
});
