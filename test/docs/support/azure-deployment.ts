import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterFile } from "../../support/clean-up.ts";

const execute = promisify(execFile);

/** One call of the Azure CLI. */
export interface AzCall {
  /** As in `webpubsub hub create`. */
  readonly command: string;
  readonly argv: readonly string[];
  /** What it was given to read. */
  readonly input: string;
  /** The value of an option. */
  option(name: string): string | undefined;
}

/** A command `az` that notes each call, and answers what a script asks for; with no process of its own but `cat`. */
const AZ = `#!/usr/bin/env bash
input=
if [[ " $* " == *" /dev/stdin "* ]]; then input=$(cat); fi
IFS=$'\\x1d'
printf '%s\\x1e%s\\x1f' "$*" "$input" >>"$AZ_NOTES"
IFS=' '
case " $* " in
  *" keyvault secret show "*) exit 3 ;;
  *" webpubsub key show "*) printf 'primary-of-%s\\nsecondary-of-%s\\n' "$5" "$5" ;;
  *" webapp show "*) echo "$4.azurewebsites.net" ;;
  *" afd endpoint show "*) echo "$5.azurefd.net" ;;
  *" webapp identity show "*) echo "identity of $5" ;;
  *" webpubsub show "*) echo "id of $4" ;;
  *" --output tsv "*) echo "an answer" ;;
esac
`;

/** What a script would have made in Azure: its calls of the CLI, with `contoso` before all names. */
export class AzureDeployment {
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly AzCall[];

  private constructor(output: { stdout: string; stderr: string }, calls: readonly AzCall[]) {
    this.stdout = output.stdout;
    this.stderr = output.stderr;
    this.calls = calls;
  }

  /** Runs the script with all that it can make, and with a command of our own in place of Azure's. */
  static async record(script: string): Promise<AzureDeployment> {
    const folder = await mkdtemp(path.join(tmpdir(), "az-"));
    afterFile(() => rm(folder, { recursive: true, force: true }));
    const notes = path.join(folder, "notes");
    await writeFile(path.join(folder, "az"), AZ, { mode: 0o755 });
    const output = await execute("bash", [script], {
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        AZ_NOTES: notes,
        PREFIX: "contoso",
        CLIENTS: "8000",
        APP_ZIP: "app.zip",
        PRIVATE: "1",
        MAX_UNITS: "50",
        CUSTOM_DOMAINS: "eastus=east.example.com=certificate",
        ROLE_DELAY: "0",
      },
    });
    const calls = (await readFile(notes, "utf8")).split("\x1f").slice(0, -1).map(asCall);
    return new AzureDeployment(output, calls);
  }

  callsOf(command: string): AzCall[] {
    return this.calls.filter((call) => call.command === command);
  }

  /** The secrets in the vault. */
  secrets(): Map<string, string> {
    const calls = this.callsOf("keyvault secret set");
    return new Map(calls.map((call) => [call.option("name") ?? "", call.input]));
  }

  /** The settings of the app servers of a region. */
  settingsOf(region: string): Map<string, string> {
    const isOfRegion = (call: AzCall) => call.option("name") === `contoso-app-${region}`;
    const { argv = [] } = this.callsOf("webapp config appsettings set").find(isOfRegion) ?? {};
    return new Map(
      argv.flatMap((word) => {
        const [, name = "", value = ""] = /^([A-Z_\d]+)=(.*)$/.exec(word) ?? [];
        return name === "" ? [] : [[name, value] as const];
      }),
    );
  }

  /** The same as the app reads them: with the secrets in place of the references to the vault. */
  environmentOf(region: string): Record<string, string> {
    const reference = /^@Microsoft\.KeyVault\(VaultName=contoso-kv;SecretName=(.+)\)$/;
    const secrets = this.secrets();
    const resolve = (value: string) => secrets.get(reference.exec(value)?.[1] ?? "") ?? value;
    const settings = [...this.settingsOf(region)];
    return Object.fromEntries(settings.map(([name, value]) => [name, resolve(value)]));
  }
}

function asCall(note: string): AzCall {
  const [words = "", input = ""] = note.split("\x1e");
  const argv = words.split("\x1d");
  const firstOption = argv.findIndex((word) => word.startsWith("-"));
  return {
    command: argv.slice(0, firstOption).join(" "),
    argv,
    input,
    option: (name) => argv[argv.indexOf(`--${name}`) + 1],
  };
}
