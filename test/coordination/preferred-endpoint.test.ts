import { pastHoldDown, preferredEndpoint } from "../../src/coordination/preferred-endpoint.ts";
import { observations } from "./support/observations.ts";

const before = { endpoint: { name: "east", url: "https://east" }, usableSince: 10 };

// The first endpoint of each is its primary, and the first observation is this server's own.
describe("the preferred endpoint is", () => {
  it.each([
    ["the primary of all", "east+ west+ / east+ west+", "east since 10"],
    ["the primary of most", "east+ west+ / east+ west+ / west+ east+", "east since 10"],
    ["another one, from now on", "west+ east+ / west+ east+", "west since 90"],
    ["the primary of the peers", "east+ west+ / west+ east+ / west+ east+", "west since 90"],
    ["none when half have another primary", "east+ west+ / west+ east+", "none"],
    ["none while one server sees it unhealthy", "east+ west+ / east- west+", "none"],
    ["none while one server has drained it", "east+ west+ / east~ west+", "none"],
    ["none while one server does not know its health", "east+ west+ / east? west+", "none"],
    ["none while one server does not know it", "east+ west+ / east+ west+ / west+", "none"],
    ["another endpoint of the same name", "east'+ west+", "east since 90"],
    ["none for who knows no endpoint", "", "none"],
  ])("%s", (_, voters, expected) => {
    const preferred = preferredEndpoint(before, observations(voters), 90);
    const found = preferred && `${preferred.endpoint.name} since ${preferred.usableSince}`;
    expect(found ?? "none").toBe(expected);
  });

  it("usable from now on when it was not preferred before", () => {
    expect(preferredEndpoint(undefined, observations("east+"), 90)?.usableSince).toBe(90);
  });

  it.each([
    [1009, undefined],
    [1010, before.endpoint],
  ])("past a hold-down of 1000 at %d: %j", (now, expected) => {
    expect(pastHoldDown(before, 1000, now)).toEqual(expected);
  });
});
