import { readReview } from "../../src/negotiate/review-request.ts";

describe("the query of a review", () => {
  it.each<[string, string, ReturnType<typeof readReview>]>([
    ["is read", "endpoint=east&grant=G", { grant: "G", location: { endpoint: "east" } }],
    [
      "tells an agreement",
      "endpoint=east&epoch=12&incarnation=a-b&grant=G",
      { grant: "G", location: { endpoint: "east", epoch: 12, incarnation: "a-b" } },
    ],
    [
      "is decoded",
      "endpoint=East%20US+2&grant=G",
      { grant: "G", location: { endpoint: "East US 2" } },
    ],
    [
      "may have more in it",
      "room=1&endpoint=east&x[y]=2&grant=G&",
      { grant: "G", location: { endpoint: "east" } },
    ],
    ["may be none", "", { grant: undefined, location: undefined }],
    ["has one grant", "grant=G&grant=H", { grant: undefined, location: undefined }],
    ["names an endpoint", "grant=G", { grant: "G", location: undefined }],
    ["names one that has a name", "endpoint=&grant=G", { grant: "G", location: undefined }],
    ["names one only", "endpoint=a&endpoint=b&grant=G", { grant: "G", location: undefined }],
    ...["", "x", "-1", "1.5", "1e3", "0x1", " 1", "9".repeat(16), "1".repeat(400)].map(
      (epoch): [string, string, ReturnType<typeof readReview>] => [
        `has a whole epoch, which "${epoch.slice(0, 20)}" is not`,
        `endpoint=a&epoch=${epoch}&grant=G`,
        { grant: "G", location: undefined },
      ],
    ),
    ["has one epoch", "endpoint=a&epoch=1&epoch=2&grant=G", { grant: "G", location: undefined }],
    [
      "has an incarnation of a length that servers give",
      `endpoint=a&epoch=1&incarnation=${"x".repeat(65)}&grant=G`,
      { grant: "G", location: undefined },
    ],
    [
      "has one incarnation",
      "endpoint=a&incarnation=1&incarnation=2&grant=G",
      { grant: "G", location: undefined },
    ],
    [
      "may be badly encoded",
      "endpoint=%E0%A4%A&grant=%",
      { grant: "%", location: { endpoint: "\ufffd%A" } },
    ],
  ])("%s", (_, query, expected) => {
    expect(readReview(`/negotiate/place${query && `?${query}`}`)).toEqual(expected);
  });
});
