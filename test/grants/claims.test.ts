import { type Claims, mayJoin, maySend } from "../../src/grants/claims.ts";

const claims = (difference: Partial<Claims>): Claims => ({
  userId: "ada",
  isAnonymous: false,
  groups: [],
  roles: [],
  readableSince: 0,
  ...difference,
});

describe("the group news.eu", () => {
  it.each<[string, Partial<Claims>, { joins: boolean; sends: boolean }]>([
    ["nothing", {}, { joins: false, sends: false }],
    ["its token", { groups: ["news.eu"] }, { joins: true, sends: false }],
    ["a token for another group", { groups: ["news"] }, { joins: false, sends: false }],
    ["webpubsub.joinLeaveGroup", {}, { joins: true, sends: false }],
    ["webpubsub.joinLeaveGroup.news.eu", {}, { joins: true, sends: false }],
    ["webpubsub.joinLeaveGroup.news", {}, { joins: false, sends: false }],
    ["webpubsub.joinLeaveGroup.news.*", {}, { joins: false, sends: false }],
    ["webpubsub.joinLeaveGroups.news.*", {}, { joins: true, sends: false }],
    ["webpubsub.joinLeaveGroups.*", {}, { joins: false, sends: false }],
    ["webpubsub.joinLeaveGroups.**", {}, { joins: true, sends: false }],
    ["webpubsub.sendToGroup", {}, { joins: false, sends: true }],
    ["webpubsub.sendToGroup.news.eu", {}, { joins: false, sends: true }],
    ["webpubsub.sendToGroups.news.??", {}, { joins: false, sends: true }],
    ["webpubsub.sendToGroups.news", {}, { joins: false, sends: false }],
  ])("by %s", (role, difference, { joins, sends }) => {
    const roles = role.startsWith("webpubsub.") ? [role] : [];
    const held = claims({ roles, ...difference });
    expect(mayJoin(held, "news.eu")).toBe(joins);
    expect(maySend(held, "news.eu")).toBe(sends);
  });
});
