import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type Diagnosis, diagnose } from "express-resilient-pubsub/doctor";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";
import { linesOf, optionsFor } from "./support/two-endpoints.ts";

jest.setTimeout(30_000);

/** Hands a request on as it is, and answers what the instance has answered. */
type Forward = () => Promise<void>;

/** What becomes of the message of this number; it has been answered 202 already. */
type Treatment = (number: number, forward: Forward) => Promise<void>;

/** Diagnoses an instance whose REST calls go through something that treats messages in its way. */
async function diagnoseBehind(treat: Treatment): Promise<Diagnosis> {
  const emulator = closeAfterTest(await startEmulator());
  const relay = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = req;
    const body = await text(req);
    const send = () =>
      fetch(emulator.endpoint + url, {
        method,
        headers: {
          authorization: headers.authorization ?? "",
          "content-type": headers["content-type"] ?? "",
        },
        ...(body !== "" && { body }),
      });
    const number = Number(/^rps-[\da-f]+-(\d)$/.exec(body)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) {
      res.writeHead((await send()).status).end();
      return;
    }
    await treat(number, async () => void (await send()));
    res.writeHead(202).end();
  };
  const { url } = closeAfterTest(await serve((req, res) => void relay(req, res)));
  const options = optionsFor({ eastus: emulator });
  return diagnose(
    {
      ...options,
      endpoints: options.endpoints.map((one) => ({ ...one, reverseProxyEndpoint: url })),
    },
    { checks: ["round-trip"], timeoutInMs: 2000 },
  );
}

const ofClients = (lines: readonly string[]) => lines.filter((line) => !line.includes("mqtt"));

it("each protocol hears what is sent in order, through a proxy as well", async () => {
  const diagnosis = await diagnoseBehind((_, forward) => forward());
  expect(ofClients(linesOf(diagnosis, "pass")).join("\n")).toMatch(
    /(?:.*heard 3 messages in order.*\n?){5}/,
  );
  expect([...linesOf(diagnosis, "fail"), ...linesOf(diagnosis, "warn")]).toEqual([]);
});

it("a message that nobody hears fails for each protocol", async () => {
  const diagnosis = await diagnoseBehind(async (number, forward) => {
    if (number !== 2) await forward();
  });
  const failed = linesOf(diagnosis, "fail");
  expect(failed).toHaveLength(5);
  for (const line of failed) expect(line).toMatch(/has not heard 1 of 3 messages/);
  expect(diagnosis.ok).toBe(false);
});

it("messages that overtake each other are a warning for each protocol", async () => {
  let late: Forward = async () => {};
  const diagnosis = await diagnoseBehind(async (number, forward) => {
    if (number === 1) {
      late = forward;
      return;
    }
    await forward();
    if (number === 2) await late();
  });
  const warned = linesOf(diagnosis, "warn");
  expect(warned).toHaveLength(5);
  for (const line of warned) expect(line).toMatch(/one after the other came as 2, 1, 3/);
  expect(diagnosis.ok).toBe(true);
});
