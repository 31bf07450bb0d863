/** Files and folders forced to disk: a rename is only as durable as the folder that records it. */
import { open } from 'node:fs/promises';

/** fsync of a file, or of a folder's entries. */
export async function syncToDisk(path: string): Promise<void> {
  const opened = await open(path, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
