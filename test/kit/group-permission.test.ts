import { isGroupRole } from "../../src/kit/group-permission.ts";

describe("a role is about groups", () => {
  it.each([
    ["webpubsub.sendToGroup", true],
    ["webpubsub.joinLeaveGroup.news", true],
    ["webpubsub.joinLeaveGroups.**", true],
    ["webpubsub.sendToGroups.news.*", true],
    ["webpubsub.sendToGroupX", false],
    ["webpubsub.admin", false],
    ["my.webpubsub.sendToGroup", false],
    ["", false],
  ])("%s: %s", (role, expected) => {
    expect(isGroupRole(role)).toBe(expected);
  });
});
