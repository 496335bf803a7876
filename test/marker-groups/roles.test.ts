import { InvalidArgumentError, roles } from "express-resilient-pubsub";
import { coversGroup } from "../../src/marker-groups/roles.ts";

it("a role for one group is the service's own", () => {
  expect(roles.sendToGroup("news")).toBe("webpubsub.sendToGroup.news");
  expect(roles.joinLeaveGroup("a.b c*")).toBe("webpubsub.joinLeaveGroup.a.b c*");
});

describe("a role is refused for", () => {
  it.each<[string, unknown]>([
    ["no name", undefined],
    ["an empty name", ""],
    ["blanks", "  "],
    ["a name that is too long", "a".repeat(1025)],
    ["a number", 7],
    ["a group of this package", "resilient-pubsub.placed"],
  ])("%s", (_, group) => {
    for (const role of [roles.sendToGroup, roles.joinLeaveGroup]) {
      expect(() => role(group as string)).toThrow(InvalidArgumentError);
    }
  });
});

describe("a role is good for the group resilient-pubsub.placed", () => {
  it.each([
    ["webpubsub.sendToGroup", true],
    ["webpubsub.joinLeaveGroup", true],
    ["webpubsub.sendToGroup.resilient-pubsub.placed", true],
    ["webpubsub.sendToGroups.**", true],
    ["webpubsub.joinLeaveGroups.resilient-pubsub.*", true],
    ["webpubsub.joinLeaveGroups.*", false],
    ["webpubsub.joinLeaveGroups.news*", false],
    ["webpubsub.sendToGroup.news", false],
    ["webpubsub.sendToGroup.*", false],
    ["webpubsub.sendToGroups", false],
    ["webpubsub.sendToGroups.******", false],
    ["sendToGroup", false],
    ["", false],
  ])("%s: %s", (role, expected) => {
    expect(coversGroup(role, "resilient-pubsub.placed")).toBe(expected);
  });
});
