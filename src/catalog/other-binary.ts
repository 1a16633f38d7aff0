// Telling by the words of the system's loader that a native add-on was built for another machine than this one.

/** How loaders refuse a file that is there: of Linux (glibc, musl), of macOS, of Windows. */
const REFUSED =
  /invalid ELF header|wrong ELF class|cannot open shared object file|file too short|Exec format error|ELF load command|not a mach-o file|slice is not valid mach-o|incompatible architecture|no suitable image found|not a valid Win32 application/i;
/** An add-on whose C library is of another kind or age than that of this system. */
const OTHER_LIBC = /(libc\.musl-[\w.-]+|ld-musl-[\w.-]+|libc\.so\.6|version `GLIBC_[\d.]+' not found)/;
const OTHER_NODE = /was compiled against a different Node\.js version/;
const ADD_ON = /([^\s'"()]+\.node)\b/;

/** Message and next step when this is why an add-on was not loaded; null for any other error. */
export function otherBinary(message: string): [message: string, hint: string] | null {
  const path = ADD_ON.exec(message)?.[1];
  if (path === undefined && !OTHER_LIBC.test(message)) return null;
  const here = `${process.platform}-${process.arch}`;
  const what = `the native add-on ${path === undefined ? "of a package" : shortened(path)}`;
  const again = `install its package again on ${here}, or for it (npm install --os --cpu)`;
  if (OTHER_NODE.test(message))
    return [
      `${what} was built for another Node than ${process.version}`,
      `install its package again with ${process.version}`,
    ];
  // Of a file that is not there the loader of Node says so before: here it is there and is not for this machine.
  if (!REFUSED.test(message) && !OTHER_LIBC.test(message)) return null;
  const reason = (REFUSED.exec(message) ?? OTHER_LIBC.exec(message))![0];
  return [`${what} was built for another platform than ${here}: ${reason}`, again];
}

/** From its package on: where this machine keeps it is nobody's concern. */
function shortened(path: string): string {
  const at = path.lastIndexOf("node_modules/");
  return at >= 0 ? path.slice(at + "node_modules/".length) : path.split("/").slice(-3).join("/");
}
