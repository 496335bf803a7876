import { readFileSync } from "node:fs";
import path from "node:path";
import {
  type ClientTokenResponse,
  type WebPubSubGroup,
  WebPubSubServiceClient,
} from "@azure/web-pubsub";
import type {
  ClientAccessToken,
  PubSub,
  PubSubGroup,
  ResilientPubSub,
} from "express-resilient-pubsub";
import { startRegions } from "../support/regions.ts";

type AnyFunction = (...args: never[]) => unknown;
type MethodsOf<T> = {
  [Name in keyof T]: T[Name] extends AnyFunction ? Name : never;
}[keyof T] &
  string;
type Lacking<Theirs, Ours> = Exclude<MethodsOf<Theirs>, MethodsOf<Ours>>;
type Shared<Theirs, Ours> = MethodsOf<Theirs> & MethodsOf<Ours>;

/** Of the last one, where there are several signatures: it takes the options of all. */
type ArgumentsOf<F> = F extends (...args: infer Args) => unknown ? Required<Args> : never;
type KeysOfEach<T> = T extends unknown ? keyof T : never;
type OptionsOf<F> =
  ArgumentsOf<F> extends [...unknown[], infer Last extends object] ? KeysOfEach<Last> : never;
type SubjectsOf<F> = ArgumentsOf<F> extends [...infer Subjects, object] ? Subjects : ArgumentsOf<F>;

/** The options that a method of theirs takes, and ours does not, of those methods that have any. */
type LackingOptions<Theirs, Ours> = {
  [Name in Shared<Theirs, Ours> as Exclude<
    OptionsOf<Theirs[Name]>,
    OptionsOf<Ours[Name]>
  > extends never
    ? never
    : Name]: Exclude<OptionsOf<Theirs[Name]>, OptionsOf<Ours[Name]>>;
};

/** The methods that do not take what the SDK's do, apart from their options. */
type OtherArguments<Theirs, Ours> = {
  [Name in Shared<Theirs, Ours>]: SubjectsOf<Theirs[Name]> extends SubjectsOf<Ours[Name]>
    ? never
    : Name;
}[Shared<Theirs, Ours>];

// These do not compile when there is more, or less, that is different.
const lackingMethods: Record<
  Lacking<WebPubSubServiceClient, PubSub> | Lacking<WebPubSubGroup, PubSubGroup>,
  unknown
> = {};
const otherArguments: Record<
  OtherArguments<WebPubSubServiceClient, PubSub> | OtherArguments<WebPubSubGroup, PubSubGroup>,
  unknown
> = {};
const lackingOptions: LackingOptions<WebPubSubServiceClient, PubSub> &
  LackingOptions<WebPubSubGroup, PubSubGroup> = {
  // A place in the list of one endpoint.
  listConnections: "continuationToken",
};
const asTheirs = (token: ClientAccessToken): ClientTokenResponse => token;

const connectionString = "Endpoint=https://a.example;AccessKey=a2V5";
const theirs = new WebPubSubServiceClient(connectionString, "chat");
const methodsOf = (instance: object) =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(instance)).filter(
    (name) => name !== "constructor",
  );

const isMethod = (holder: object, name: string) =>
  typeof (holder as Record<string, unknown>)[name] === "function";

describe("the plugin", () => {
  let plugin: ResilientPubSub;
  let inHandler: ResilientPubSub | undefined;

  beforeEach(async () => {
    const world = await startRegions();
    plugin = world.pubsub;
    world.app.get("/", (_req, res) => {
      inHandler = res.locals.pubsub;
      res.end();
    });
    await fetch(world.url);
  });

  it.each(methodsOf(theirs))("has the service client's %s, in a handler as well", (name) => {
    expect(isMethod(plugin, name)).toBe(true);
    expect(inHandler && isMethod(inHandler, name)).toBe(true);
  });

  it.each(methodsOf(theirs.group("g")))("has the group's %s, in a handler as well", (name) => {
    expect(isMethod(plugin.group("g"), name)).toBe(true);
    expect(inHandler && isMethod(inHandler.group("g"), name)).toBe(true);
  });

  it("has the names of hub and group", () => {
    const { hubName, groupName } = plugin.group("g");
    expect([plugin.hubName, hubName, groupName]).toEqual(["chat", "chat", "g"]);
  });

  it("takes all arguments and options of the SDK, except those that the documentation names", () => {
    expect([lackingMethods, otherArguments]).toEqual([{}, {}]);
    const page = readFileSync(path.join(__dirname, "../../docs/fan-out.md"), "utf8");
    for (const [method, option] of Object.entries(lackingOptions)) {
      expect(page).toMatch(new RegExp(`\`${method}\`[^|]*\`${option}\``));
    }
  });

  it("can stand in for the SDK's client where a token is generated", async () => {
    const { token, baseUrl, url } = asTheirs(await plugin.getClientAccessToken());
    expect(url).toBe(`${baseUrl}?access_token=${token}`);
  });
});
