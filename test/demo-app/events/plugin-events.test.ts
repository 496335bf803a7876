import type { EventDescription } from "../../../demo-app/events/event-recorder.ts";
import { recordPluginEvents } from "../../../demo-app/events/plugin-events.ts";
import { TypedEvents } from "../../../src/kit/typed-events.ts";

function recordedPluginEvents() {
  const events = new TypedEvents();
  const recorded: EventDescription[] = [];
  recordPluginEvents({ events }, "eastus", (one) => recorded.push(one));
  return { events, recorded };
}

describe("an event of the plugin in the demo", () => {
  it("is recorded as a sentence, with the app server that it happened at", () => {
    const { events, recorded } = recordedPluginEvents();

    events.emit("failover", { from: "eastus", to: "westus", reason: "refused" });

    expect(recorded).toEqual([
      {
        kind: "failover",
        tone: "bad",
        server: "eastus",
        endpoint: "westus",
        text: "Failover: clients are sent to westus instead of eastus (refused)",
      },
    ]);
  });

  it("is not recorded when it is the first check of a healthy endpoint", () => {
    const { events, recorded } = recordedPluginEvents();

    events.emit("endpointUp", { endpoint: "eastus" });
    events.emit("endpointUp", { endpoint: "eastus", reason: "timeout" });

    expect(recorded.map(({ text }) => text)).toEqual(["eastus is healthy again (it was: timeout)"]);
  });

  it("names an error by its code or class, and never quotes its message", () => {
    const { events, recorded } = recordedPluginEvents();
    const error = new TypeError("https://example.com/?access_token=secret");

    const facts = { reason: "local", status: undefined, code: undefined } as const;
    events.emit("tokenFailed", { endpoint: "eastus", ...facts, error });
    events.emit("handlerError", {
      handler: "upstream",
      error: Object.assign(error, { code: "E" }),
    });

    expect(recorded.map(({ text }) => text)).toEqual([
      "eastus gave no token: TypeError",
      "upstream failed: E",
    ]);
  });
});
