/** After all test files of the project. */
export default async function removePacked(): Promise<void> {
  await globalThis.removePacked?.();
}
