import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { modulesOfRoot } from "./pack.ts";

const execute = promisify(execFile);
export const fixtures = path.join(__dirname, "../fixtures");
export { modulesOfRoot };

const sizeOf = async (file: string): Promise<number> => (await stat(file)).size;

/** The package as it is published, unpacked, and a place for projects that install it. */
export class PackedPackage {
  /** A folder that is removed with the package. */
  readonly home: string;
  readonly #tarball = process.env.PACKED_TARBALL ?? "";
  #consumers = 0;

  static async create(): Promise<PackedPackage> {
    const packed = new PackedPackage(await mkdtemp(path.join(tmpdir(), "consumers-")));
    try {
      await execute("tar", ["xzf", packed.#tarball, "--directory", packed.home]);
      return packed;
    } catch (error) {
      await packed.remove();
      throw error;
    }
  }

  private constructor(home: string) {
    this.home = home;
  }

  get folder(): string {
    return path.join(this.home, "package");
  }

  async manifest() {
    return JSON.parse(await readFile(path.join(this.folder, "package.json"), "utf8"));
  }

  /**
   * A project that has installed the tarball, and of the modules only those named.
   *
   * @param fixtureFolders What the project consists of.
   * @param modules Names of modules, with the names that the root has them by.
   */
  async createConsumer(
    fixtureFolders: readonly string[],
    modules: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    this.#consumers += 1;
    const consumer = path.join(this.home, `consumer-${this.#consumers}`);
    const installed = path.join(consumer, "node_modules");
    await cp(this.folder, path.join(installed, "express-resilient-pubsub"), { recursive: true });
    for (const [name, nameInRoot] of Object.entries(modules)) {
      await mkdir(path.dirname(path.join(installed, name)), { recursive: true });
      await symlink(path.join(modulesOfRoot, nameInRoot), path.join(installed, name));
    }
    for (const folder of fixtureFolders) {
      await cp(path.join(fixtures, folder), consumer, { recursive: true });
    }
    return consumer;
  }

  /** All that `npm install express-resilient-pubsub` brings, for `createConsumer`. */
  async dependencies(): Promise<Record<string, string>> {
    const { dependencies } = await this.manifest();
    return Object.fromEntries(Object.keys(dependencies).map((name) => [name, name]));
  }

  /** What is published, from the top. */
  contents(): Promise<string[]> {
    return readdir(this.folder);
  }

  /** Paths of all files, in the package's folder. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.folder, path.join(entry.parentPath, entry.name)));
  }

  /** How large the tarball is, and what it becomes. */
  async sizesInBytes(): Promise<{ packed: number; unpacked: number }> {
    const sizes = (await this.files()).map((file) => sizeOf(path.join(this.folder, file)));
    const unpacked = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return { packed: await sizeOf(this.#tarball), unpacked };
  }

  remove(): Promise<void> {
    return rm(this.home, { recursive: true, force: true });
  }
}
