import { ResilientPubSubError } from "../kit/errors.ts";

/**
 * Loads the library of a store, an optional peer, when the store is first opened: a static import of
 * it would fail before anything of ours runs.
 *
 * @throws ResilientPubSubError `ERR_STORE_REFUSED`, with what to install
 */
export async function loadPackage<Library>(
  name: string,
  load: () => Promise<Library>,
): Promise<Library> {
  try {
    return await load();
  } catch (cause) {
    const { code = "", message = "" } = cause as NodeJS.ErrnoException;
    if (!code.endsWith("MODULE_NOT_FOUND") || !message.includes(`'${name}'`)) throw cause;
    const remedy = `npm install ${name}`;
    throw new ResilientPubSubError(
      "ERR_STORE_REFUSED",
      `The store needs the package ${name}, which is not installed: ${remedy}`,
      { cause },
    );
  }
}
