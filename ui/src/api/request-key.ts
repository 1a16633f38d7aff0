// The key that makes a request safe to repeat, as long as nobody has answered it.
import { useState } from "react";
import { ApiError, newKey } from "./client.ts";

/** The key, and what to call with a failure: what was refused is another request once it is mended; what got no answer is the same. */
export function useRequestKey(): [string, (error: unknown) => void] {
  const [key, setKey] = useState(newKey);
  return [key, (error) => error instanceof ApiError && error.status !== 0 && setKey(newKey())];
}
