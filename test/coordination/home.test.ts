import { watchHome } from "../../src/coordination/home.ts";
import { observations } from "./support/observations.ts";

const before = { endpoint: { name: "east", url: "https://east" }, since: 10 };

// The first endpoint of each is its primary, and the first observation is this server's own.
describe("home is", () => {
  it.each([
    ["the primary of all", "east+ west+ / east+ west+", "east since 10"],
    ["the primary of most", "east+ west+ / east+ west+ / west+ east+", "east since 10"],
    ["another one, from now on", "west+ east+ / west+ east+", "west since 90"],
    ["the primary of the others", "east+ west+ / west+ east+ / west+ east+", "west since 90"],
    ["nowhere when half belong elsewhere", "east+ west+ / west+ east+", "nowhere"],
    ["nowhere while one sees it down", "east+ west+ / east- west+", "nowhere"],
    ["nowhere while one has drained it", "east+ west+ / east~ west+", "nowhere"],
    ["nowhere while one does not know how it is", "east+ west+ / east? west+", "nowhere"],
    ["nowhere while one does not know it", "east+ west+ / east+ west+ / west+", "nowhere"],
    ["another endpoint of the same name", "east'+ west+", "east since 90"],
    ["nowhere for who knows no endpoint", "", "nowhere"],
  ])("%s", (_, voters, expected) => {
    const home = watchHome(before, observations(voters), 90);
    expect(home ? `${home.endpoint.name} since ${home.since}` : "nowhere").toBe(expected);
  });

  it("new when it was not there before", () => {
    expect(watchHome(undefined, observations("east+"), 90)?.since).toBe(90);
  });
});
