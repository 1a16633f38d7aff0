// Which mounts tell nobody about changes that others make, so that they have to be polled.
import { statfs } from "node:fs/promises";

/** File system types (statfs) whose changes come from elsewhere. */
const SILENT = new Map<number, string>([
  [0x6969, "nfs"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb"],
  [0x517b, "smb"],
  [0x01021997, "9p"],
  [0x65735546, "fuse or virtiofs"],
  [0x786f4256, "vboxsf"],
  [0x00c36400, "ceph"],
]);

/** The name of a file system without reliable events, or null. */
export async function silentMount(path: string): Promise<string | null> {
  try {
    const { type } = await statfs(path);
    // Signed on some systems.
    return SILENT.get(type >>> 0) ?? null;
  } catch {
    return null;
  }
}
