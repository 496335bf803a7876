import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

/** Whatever is reached through it comes as such a proxy too, as with Vue's `reactive`. */
function deep<T extends object>(target: T): T {
  return new Proxy(target, {
    get(of, name, receiver) {
      const value: unknown = Reflect.get(of, name, receiver);
      return typeof value === "object" && value !== null ? deep(value) : value;
    },
  });
}

it.each<[string, (client: ResilientPubSubClient) => ResilientPubSubClient]>([
  ["a proxy", (client) => new Proxy(client, {})],
  ["a proxy of all that it holds", deep],
  ["an object that has it as prototype", (client) => Object.create(client)],
  ["itself, frozen", Object.freeze],
])("a client works behind %s", async (_, wrap) => {
  const east = await ScriptedService.start();
  const made = makeClient(new ScriptedNegotiate({ east }).negotiate);
  const client = wrap(made.client);
  const heard: unknown[] = [];
  const listen = ({ message }: { message: { data: unknown } }) => void heard.push(message.data);
  client.on("server-message", listen);
  await client.start();
  await client.joinGroup("news");
  await client.sendToGroup("news", { a: 1 }, "json");
  east.latest?.message("hi", 1);
  await until(() => heard.length);
  client.off("server-message", listen);
  expect([client.state, client.endpoint, heard]).toEqual(["connected", "east", ["hi"]]);
  expect(client).toBeInstanceOf(ResilientPubSubClient);
  client.stop();
  expect(client.state).toBe("stopped");
});
