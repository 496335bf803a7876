import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseOptions } from "../../src/options/parse-options.ts";
import { type AzCall, AzureDeployment } from "./support/azure-deployment.ts";
import { BicepFile } from "./support/bicep.ts";

const folder = path.join(__dirname, "../../docs/azure");
const script = path.join(folder, "create.sh");
const program = readFileSync(path.join(folder, "app.mjs"), "utf8");

let bicep: BicepFile;
let deployment: AzureDeployment;
beforeAll(async () => {
  bicep = await BicepFile.read(path.join(folder, "main.bicep"));
  deployment = await AzureDeployment.record(script);
});

const calls = (command: string): AzCall[] => deployment.callsOf(command);
const position = (command: string, which: "first" | "last"): number => {
  const commands = deployment.calls.map((call) => call.command);
  return which === "first" ? commands.indexOf(command) : commands.lastIndexOf(command);
};

describe("docs/azure/main.bicep", () => {
  it("follows the grammar of Bicep", () => {
    expect(bicep.errors).toEqual([]);
  });

  it("says of every resource its type and a dated version of its API that is no preview", () => {
    const types = [...bicep.resources.values()].map(({ type }) => type);
    expect(types.length).toBeGreaterThan(20);
    const dated = /^Microsoft(\.\w+)(\/\w+)+@20\d\d-\d\d-\d\d$/;
    expect(types.filter((type) => !dated.test(type))).toEqual([]);
  });

  it("reads each parameter and variable, and nothing that it does not declare", () => {
    const { parameters, variables, resources, loopNames, functions, used } = bicep;
    const values = [...parameters, ...variables.keys()];
    expect(values.filter((name) => !used.has(name))).toEqual([]);
    const known = new Set([...values, ...resources.keys(), ...loopNames, ...functions]);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
  });

  it("sends the events of each instance to the app servers of its own region", () => {
    const { text = "" } = bicep.resources.get("hubs") ?? {};
    expect(text).toContain("parent: instances[i]\n");
    expect(text).toMatch(/urlTemplate: 'https:\/\/\$\{sites\[i\]\.properties\.defaultHostName\}/);
  });
});

describe("docs/azure/create.sh", () => {
  it("is a bash script without errors of syntax", () => {
    expect(execFileSync("bash", ["-n", script], { encoding: "utf8" })).toBe("");
  });

  it("prints where to negotiate, and nothing else", () => {
    expect(deployment).toMatchObject({
      stdout: "https://contoso.azurefd.net/negotiate\n",
      stderr: "",
    });
  });

  it("gives no secret as an argument, where other processes could read it", () => {
    const secrets = [...deployment.secrets().values()];
    expect(secrets).toEqual([
      expect.stringMatching(/^[\da-f]{64}$/),
      "primary-of-contoso-eastus,secondary-of-contoso-eastus",
      "primary-of-contoso-westus2,secondary-of-contoso-westus2",
    ]);
    const words = deployment.calls.flatMap(({ argv }) => argv).join("\n");
    const parts = secrets.flatMap((secret) => secret.split(","));
    expect(parts.filter((part) => words.includes(part))).toEqual([]);
  });

  it("lets every app server call every instance, and read the vault", () => {
    const granted = calls("role assignment create")
      .map((call) => [call.option("assignee-object-id"), call.option("role"), call.option("scope")])
      .filter(([who]) => who?.startsWith("identity of"));
    const owner = "Web PubSub Service Owner";
    expect(granted).toEqual(
      ["eastus", "westus2"].flatMap((region) => [
        [`identity of contoso-app-${region}`, "Key Vault Secrets User", "an answer"],
        [`identity of contoso-app-${region}`, owner, "id of contoso-eastus"],
        [`identity of contoso-app-${region}`, owner, "id of contoso-westus2"],
      ]),
    );
  });

  it("sends the events of each instance to the app servers of its own region", () => {
    const targets = calls("webpubsub hub create").map((call) => [
      call.option("name"),
      call.option("event-handler"),
    ]);
    const path = ".azurewebsites.net/api/webpubsub/hubs/{hub}/";
    expect(targets).toEqual([
      ["contoso-eastus", `url-template=https://contoso-app-eastus${path}`],
      ["contoso-westus2", `url-template=https://contoso-app-westus2${path}`],
    ]);
  });

  it.each([
    ["webapp config appsettings set", "role assignment create"],
    ["webpubsub hub create", "webapp deploy"],
    ["webpubsub network-rule update", "network private-endpoint dns-zone-group create"],
    ["webpubsub custom-certificate create", "webpubsub identity assign"],
    ["webapp config access-restriction add", "afd route create"],
  ])("calls `%s` only after `%s`", (later, earlier) => {
    expect(position(earlier, "first")).toBeGreaterThanOrEqual(0);
    expect(position(later, "first")).toBeGreaterThan(position(earlier, "first"));
  });
});

describe("both ways to deploy", () => {
  const SIZES = [
    [1, 1],
    [800, 1],
    [801, 2],
    [8000, 10],
    [8001, 20],
    [80_000, 100],
    [80_001, 200],
  ] as const;

  it("size each instance for all clients at 80 % of its units, in the steps that can be ordered", () => {
    const sizes = SIZES.map(([clients]) => clients).join(" ");
    const program = `source ${script}; for n in ${sizes}; do units_for $n; done`;
    const env = { ...process.env, PREFIX: "a", CLIENTS: "1", APP_ZIP: "a" };
    const printed = execFileSync("bash", ["-c", program], { encoding: "utf8", env });
    expect(printed.trim().split("\n").map(Number)).toEqual(SIZES.map(([, units]) => units));

    // Bicep divides whole numbers as BigInt does.
    const big = (name: string) => (bicep.variables.get(name) ?? "").replace(/\d+/g, "$&n");
    const compute = new Function(
      "clients",
      `const needed = ${big("needed")}; return ${big("units")};`,
    );
    expect(SIZES.map(([clients]) => Number(compute(BigInt(clients))))).toEqual(
      SIZES.map(([, units]) => units),
    );
  });

  it("give the app server the settings that it reads", () => {
    const read = [...program.matchAll(/env\.([A-Z_]+)/g)].map(([, name]) => name);
    const wanted = new Set(read.filter((name) => name !== "PORT")); // App Service sets it
    const { text = "" } = bicep.resources.get("settings") ?? {};
    const ofBicep = [...text.matchAll(/^\s+([A-Z_]+): /gm)].map(([, name]) => name);
    const given = [...deployment.settingsOf("eastus").keys()];
    const plain = given.filter((name) => !name.startsWith("WPS_KEYS_"));
    expect(new Set(plain)).toEqual(new Set([...wanted, "NODE_ENV"]));
    expect(new Set(ofBicep)).toEqual(new Set(plain));
    expect(text).toMatch(/'WPS_KEYS_\$\{toUpper\(name\)\}'/);
    expect(given).toEqual(expect.arrayContaining(["WPS_KEYS_EASTUS", "WPS_KEYS_WESTUS2"]));
  });

  it("have the same hubs, rules and probes", () => {
    const texts = [...bicep.resources.values()].map(({ text }) => text).join("\n");
    for (const shared of ["/status", "AzureFrontDoor.Backend", "AzureWebPubSub", "x-azure-fdid"]) {
      expect(texts).toContain(shared);
      const words = deployment.calls.flatMap(({ argv }) => argv);
      expect(words.some((word) => word.includes(shared))).toBe(true);
    }
  });
});

describe("docs/azure.md", () => {
  const page = readFileSync(path.join(folder, "../azure.md"), "utf8");

  it("has shell commands without errors of syntax", () => {
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
    expect(blocks.length).toBeGreaterThan(1);
    for (const input of blocks) execFileSync("bash", ["-n"], { input });
  });

  it("counts health checks, reviews and heartbeats as the default options have them", () => {
    const { health, negotiate, coordination } = parseOptions({
      hub: "chat",
      endpoints: [
        { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
      ],
      negotiate: { allowAnonymous: true },
    });
    const day = 86_400;
    expect(health.schedule).toBe("*/5 * * * * *");
    const [regions, servers, hubs, clients] = [2, 4, 1, 8000];
    const counts = {
      checks: (servers * regions * hubs * day) / 5,
      checksUnderTraffic: servers * (1000 / (health.onDemandMaxAgeInMs / 5)),
      reviews: (clients * day * 1000) / Number(negotiate.reviewAfterInMs),
      reads: (servers * hubs * day * 1000) / coordination.pollIntervalInMs,
      heartbeats: (servers * hubs * day * 1000) / (coordination.leaseInMs / 3),
      deliveries: (clients * day) / 10 / 2,
    };
    const said = Object.entries(counts).map(([what, count]) => [
      what,
      page.includes(count.toLocaleString("en")),
    ]);
    expect(said).toEqual(Object.keys(counts).map((what) => [what, true]));
  });
});
