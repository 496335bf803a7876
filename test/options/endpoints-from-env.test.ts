import { endpointsFromEnv } from "express-resilient-pubsub";

const P = "WEB_PUBSUB_CONNECTION_STRING__";

it("endpointsFromEnv reads name and role from the variable, primaries first and then by name", () => {
  const endpoints = endpointsFromEnv({
    [`${P}WESTUS__SECONDARY`]: "w",
    [`${P}CENTRAL__US__secondary`]: "c",
    [`${P}EASTUS__PRIMARY`]: "e",
    PATH: "/bin",
  });
  expect(endpoints).toEqual([
    { name: "eastus", role: "primary", connectionString: "e" },
    { name: "central__us", role: "secondary", connectionString: "c" },
    { name: "westus", role: "secondary", connectionString: "w" },
  ]);
});

it("endpointsFromEnv answers an empty list when there is no such variable", () => {
  expect(endpointsFromEnv({ PATH: "/bin" })).toEqual([]);
});

it.each<[string, string, string]>([
  ["another role", `${P}EASTUS__TERTIARY`, "the name does not follow"],
  ["no name", `${P}PRIMARY`, "the name does not follow"],
  ["no value", `${P}EASTUS__PRIMARY`, "is empty; give a connection string or unset it"],
])("endpointsFromEnv refuses a variable with %s", (_, variable, message) => {
  const env = { [variable]: message.startsWith("is empty") ? "" : "AccessKey=secret" };
  expect(() => endpointsFromEnv(env)).toThrow(
    expect.objectContaining({
      code: "ERR_INVALID_OPTIONS",
      problems: [{ path: variable, message: expect.stringContaining(message) }],
    }),
  );
});
