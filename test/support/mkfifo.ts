// Node cannot make a FIFO; the system's own tool can.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export async function mkfifo(path: string): Promise<void> {
  await promisify(execFile)("mkfifo", [path]);
}
