// Tokens, sign-in codes and sessions in memory: doubles of our own ports.
import type { Session, SessionStore } from "../../src/access/session.ts";
import type { SignInCode, Token, TokenStore } from "../../src/access/token.ts";

export class MemoryTokens implements TokenStore {
  readonly tokens: Token[] = [];
  readonly codes: SignInCode[] = [];
  touches = 0;
  lookups = 0;

  insert(token: Token): Promise<void> {
    this.tokens.push({ ...token });
    return Promise.resolve();
  }

  byHash(hash: string): Promise<Token | undefined> {
    this.lookups++;
    return Promise.resolve(copy(this.tokens.find((token) => token.hash === hash)));
  }

  byId(id: string): Promise<Token | undefined> {
    return Promise.resolve(copy(this.tokens.find((token) => token.id === id)));
  }

  list(): Promise<Token[]> {
    return Promise.resolve(
      this.tokens.filter((token) => token.revokedAt === null).map((token) => ({ ...token })),
    );
  }

  revoke(id: string, at: number): Promise<boolean> {
    const token = this.tokens.find((one) => one.id === id && one.revokedAt === null);
    if (token) token.revokedAt = at;
    return Promise.resolve(token !== undefined);
  }

  touch(id: string, lastUsedAt: number): Promise<void> {
    this.touches++;
    const token = this.tokens.find((one) => one.id === id);
    if (token) token.lastUsedAt = lastUsedAt;
    return Promise.resolve();
  }

  insertCode(code: SignInCode): Promise<void> {
    this.codes.push({ ...code });
    return Promise.resolve();
  }

  openCodes(now: number): Promise<SignInCode[]> {
    const open = this.codes.filter((one) => one.usedAt === null && one.expiresAt > now);
    return Promise.resolve(open.sort((a, b) => a.expiresAt - b.expiresAt).map((one) => ({ ...one })));
  }

  removeCode(hash: string): Promise<boolean> {
    const at = this.codes.findIndex((one) => one.hash === hash && one.usedAt === null);
    return Promise.resolve(at >= 0 && this.codes.splice(at, 1).length === 1);
  }

  async redeemCode(hash: string, now: number, make: (code: SignInCode) => Token): Promise<Token | undefined> {
    const code = this.codes.find((one) => one.hash === hash && one.usedAt === null && one.expiresAt > now);
    if (!code) return undefined;
    code.usedAt = now;
    const token = make(code);
    await this.insert(token);
    return token;
  }
}

function copy(token: Token | undefined): Token | undefined {
  return token && { ...token };
}

export class MemorySessions implements SessionStore {
  readonly rows = new Map<string, Session>();

  insert(session: Session): Promise<void> {
    this.rows.set(session.hash, session);
    return Promise.resolve();
  }

  byHash(hash: string): Promise<Session | undefined> {
    return Promise.resolve(this.rows.get(hash));
  }

  remove(hash: string): Promise<boolean> {
    return Promise.resolve(this.rows.delete(hash));
  }
}
