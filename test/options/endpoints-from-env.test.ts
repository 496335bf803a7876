import { endpointsFromEnv } from "express-resilient-pubsub";
import { GOOD, messageOf } from "./support/good-options.ts";

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

it("endpointsFromEnv reads the connection strings of App Service too", () => {
  const endpoints = endpointsFromEnv({
    [`CUSTOMCONNSTR_${P}WESTUS__SECONDARY`]: "w",
    [`${P}EASTUS__PRIMARY`]: "e",
  });
  expect(endpoints).toEqual([
    { name: "eastus", role: "primary", connectionString: "e" },
    { name: "westus", role: "secondary", connectionString: "w" },
  ]);
});

it("endpointsFromEnv answers an empty list when there is no such variable", () => {
  expect(endpointsFromEnv({ PATH: "/bin" })).toEqual([]);
});

describe("a plugin with the endpoints of an environment without any", () => {
  const messageFor = (env: NodeJS.ProcessEnv) =>
    messageOf({ ...GOOD, endpoints: endpointsFromEnv(env) });

  it("is refused with the variables that were looked for", () => {
    expect(messageFor({ PATH: "/bin" })).toContain(
      `endpoints: endpointsFromEnv() found no variable named ${P}<NAME>__<PRIMARY|SECONDARY>, nor CUSTOMCONNSTR_${P}<NAME>__<PRIMARY|SECONDARY>; give at least one endpoint`,
    );
  });

  it.each([
    "WebPubSubConnectionString",
    "AZURE_WEBPUBSUB_CONNECTIONSTRING",
    `SQLAZURECONNSTR_${P}EASTUS__PRIMARY`,
    "WEB_PUBSUB_CONNECTION_STRING",
  ])(
    "is refused with the name of a variable that looks alike, and not with its value: %s",
    (name) => {
      const message = messageFor({ [name]: "AccessKey=secret" });
      expect(message).toContain(`; but it did see "${name}"; give at least one endpoint`);
      expect(message).not.toContain("secret");
    },
  );
});

it.each<[string, string, string]>([
  ["another role", `${P}EASTUS__TERTIARY`, "the name does not follow"],
  ["no name", `${P}PRIMARY`, "the name does not follow"],
  [
    "another role, of App Service",
    `CUSTOMCONNSTR_${P}EASTUS__TERTIARY`,
    "the name does not follow",
  ],
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

it("endpointsFromEnv refuses a variable that App Service sets as well", () => {
  const variable = `${P}EASTUS__PRIMARY`;
  const env = { [variable]: "AccessKey=secret", [`CUSTOMCONNSTR_${variable}`]: "AccessKey=other" };
  expect(() => endpointsFromEnv(env)).toThrow(
    expect.objectContaining({
      problems: [
        {
          path: variable,
          message: `is set beside CUSTOMCONNSTR_${variable}; unset one of the two`,
        },
      ],
    }),
  );
});
